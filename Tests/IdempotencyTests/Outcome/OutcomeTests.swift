import HTTPTypes
import Testing

@testable import Idempotency

@Suite("Outcome")
struct OutcomeTests {
    static func outcome(_ pairs: [(String, [UInt8])], status: Int = 201, body: [UInt8] = [1, 0, 2]) throws -> Outcome {
        Outcome(
            status: status, headers: HTTPFields(try pairs.map { try HeaderCodecTests.field($0.0, $0.1) }), body: body)
    }

    @Test("outcomes are equal when the wire would be")
    func equality() throws {
        let first = try Self.outcome([("A", [0x31]), ("B", [0xFF])])
        #expect(first == (try Self.outcome([("A", [0x31]), ("B", [0xFF])])))
        let others = [
            try Self.outcome([("B", [0xFF]), ("A", [0x31])]),
            try Self.outcome([("a", [0x31]), ("B", [0xFF])]),
            try Self.outcome([("A", [0x31]), ("B", [0xFE])]),
            try Self.outcome([("A", [0x31])]),
            try Self.outcome([("A", [0x31]), ("B", [0xFF])], status: 200),
            try Self.outcome([("A", [0x31]), ("B", [0xFF])], body: []),
        ]
        for other in others { #expect(first != other) }
        #expect(Set([first] + others).count == 7)
    }

    @Test("a replayable outcome has the same status and body, and only the fields that are stored")
    func replayable() throws {
        let outcome = try Self.outcome([("Date", [0x31]), ("Location", [0x2F]), ("Set-Cookie", [0x31])])
        #expect(outcome.replayable == (try Self.outcome([("Location", [0x2F])])))
    }

    @Test("its description shows sizes, and no field value or body")
    func redaction() throws {
        let outcome = try Self.outcome([("X", Array("secret".utf8))], body: Array("secret".utf8))
        var dumped = ""
        dump(outcome, to: &dumped)
        #expect("\(outcome)" == "Outcome(status: 201, headers: 1, body: 6 bytes)")
        for text in [String(reflecting: outcome), "\([outcome])", dumped] { #expect(!text.contains("secret")) }
    }
}
