#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Random numbers (SplitMix64) that a seed repeats.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    /// What the numbers follow from.
    public let seed: UInt64
    private var state: UInt64

    /// Begins with this seed.
    public init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// Begins with the seed that `TEST_SEED` names, else with any. A failing test prints ``seed``.
    public init() {
        self.init(
            seed: ProcessInfo.processInfo.environment["TEST_SEED"].flatMap(UInt64.init)
                ?? UInt64.random(in: 0...UInt64.max))
    }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
