import Foundation
import LibPQ
import Testing

@testable import Idempotency

@Suite("UUIDv7 keys")
struct UUIDv7Tests {
    @Test("the example of RFC 9562, in any case, tells its time")
    func example() throws {
        // Appendix A.6: 2022-02-22 19:22:22.000 UTC.
        for text in ["017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"] {
            #expect(try IdempotencyKey(text).uuidv7Time?.date == Date(timeIntervalSince1970: 1_645_557_742))
        }
    }

    @Test("the first and the last millisecond are told")
    func ends() throws {
        let first = try IdempotencyKey("00000000-0000-7000-8000-000000000000").uuidv7Time
        #expect(first?.date == Date(timeIntervalSince1970: 0))
        let last = try IdempotencyKey("ffffffff-ffff-7000-bfff-ffffffffffff").uuidv7Time
        #expect(last?.date == Date(timeIntervalSince1970: Double(1 << 48 - 1) / 1000))
    }

    @Test(
        "any other key tells nothing",
        arguments: [
            "order-17", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-78c4-dc0c0c07398f", "017f22e279b07cc398c4dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2079b0-7cc3-98c4-dc0c0c07398f",
            "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}", "-17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        ])
    func others(text: String) throws {
        #expect(try IdempotencyKey(text).uuidv7Time == nil)
    }
}
