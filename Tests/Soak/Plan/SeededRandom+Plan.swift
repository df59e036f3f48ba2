import TestSupport

extension SeededRandom {
    /// A sequence of its own for each part of a run, so that none depends on how often another one draws.
    init(seed: UInt64, part: UInt64) {
        var mixer = SeededRandom(seed: seed ^ (part &* 0xD134_2543_DE82_EF95))
        self.init(seed: mixer.next())
    }

    /// Whether something of this probability happens.
    mutating func happens(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

    /// One of several things, each as often as its weight says.
    mutating func choice<Element>(_ weighted: [(weight: Int, element: Element)]) -> Element {
        var rest = Int.random(in: 0..<weighted.reduce(0) { $0 + $1.weight }, using: &self)
        for (weight, element) in weighted {
            if rest < weight { return element }
            rest -= weight
        }
        return weighted[0].element  // not reached: the rest is smaller than the sum
    }
}
