import TestSupport

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// ``SeededRandom``. The seed is printed, and `LIBPQ_TEST_SEED` sets it, so that a failure can be had again.
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var random: SeededRandom

    init(for test: String) {
        let given = ProcessInfo.processInfo.environment["LIBPQ_TEST_SEED"].flatMap { UInt64($0) }
        seed = given ?? UInt64.random(in: .min ... .max)
        random = SeededRandom(seed: seed)
        print("\(test): LIBPQ_TEST_SEED=\(seed)")
    }

    mutating func next() -> UInt64 { random.next() }
}
