import HTTPTypes
import Hummingbird
import Idempotency
import Testing

@testable import HummingbirdIdempotency

@Suite("Problems")
struct ProblemTests {
    private struct Custom: Error {}

    @Test(
        "Each of the engine's errors has its problem",
        arguments: [
            (IdempotencyError.Code.mismatch, ProblemKind.mismatch), (.inFlight, .inFlight),
            (.unavailable, .unavailable), (.outcomeUnknown, .outcomeUnknown),
            (.transactionAborted, .internalError), (.responseTooLarge, .responseTooLarge),
            (.damagedOutcome, .internalError), (.invalidPolicy, .internalError),
        ])
    func engineErrors(code: IdempotencyError.Code, kind: ProblemKind) {
        #expect(ProblemKind(failure: IdempotencyError(code, "")) == kind)
    }

    @Test("Errors of others have none, nor do errors that know their own response")
    func others() {
        #expect(ProblemKind(failure: Custom()) == nil)
        #expect(ProblemKind(failure: CancellationError()) == nil)
        #expect(ProblemKind(failure: HTTPError(.conflict)) == nil)
        #expect(Problem(failure: Custom()) == nil)
    }

    @Test(
        "Exactly the retryable kinds say when to come back, in whole seconds of at least 1",
        arguments: ProblemKind.allCases)
    func retryAfter(kind: ProblemKind) {
        let field = Problem(kind, options: IdempotencyOptions(retryAfter: .milliseconds(1))).headers[.retryAfter]
        #expect(field == (kind.isRetryable ? "1" : nil))
        #expect(kind.isRetryable == [.inFlight, .unavailable, .outcomeUnknown].contains(kind))
        #expect(IdempotencyOptions(retryAfter: .zero).retryAfterSeconds == 1)
        #expect(IdempotencyOptions(retryAfter: .seconds(7)).retryAfterSeconds == 7)
        #expect(IdempotencyOptions(retryAfter: .milliseconds(7001)).retryAfterSeconds == 8)
    }

    @Test("The documentation's address can be changed")
    func documentation() {
        let options = IdempotencyOptions(documentation: "https://example.org/keys")
        #expect(Problem(.mismatch, options: options).type == "https://example.org/keys#mismatch")
    }

    @Test("Members beside the four are kept, but cannot replace them")
    func members() throws {
        let problem = Problem(status: .badRequest, detail: "d", members: ["field": "amount", "status": "999"])
        #expect(problem.type == "about:blank")
        #expect(problem.title == "Bad Request")
        let text = try String(decoding: problem.document(), as: UTF8.self)
        #expect(text == #"{"detail":"d","field":"amount","status":400,"title":"Bad Request","type":"about:blank"}"#)
    }
}
