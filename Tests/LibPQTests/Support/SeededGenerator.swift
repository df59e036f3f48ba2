#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// SplitMix64. The seed is printed, and `LIBPQ_TEST_SEED` sets it, so that a failure can be had again.
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(for test: String) {
        let given = ProcessInfo.processInfo.environment["LIBPQ_TEST_SEED"].flatMap { UInt64($0) }
        seed = given ?? UInt64.random(in: .min ... .max)
        state = seed
        print("\(test): LIBPQ_TEST_SEED=\(seed)")
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
