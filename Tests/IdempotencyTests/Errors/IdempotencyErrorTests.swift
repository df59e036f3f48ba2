import Testing

@testable import Idempotency

@Suite("Errors")
struct IdempotencyErrorTests {
    struct Cause: Error, CustomDebugStringConvertible {
        var debugDescription: String { "secret cause" }
    }

    @Test("the description leaves the cause out, the debug description shows it with the place")
    func descriptions() {
        let error = IdempotencyError(.unavailable, "No connection.", underlying: Cause())
        #expect("\(error)" == "IdempotencyError(unavailable): No connection.")
        #expect(String(reflecting: error).contains("secret cause"))
        #expect(String(reflecting: error).contains("IdempotencyErrorTests.swift:\(error.line)"))
    }
}
