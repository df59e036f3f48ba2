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
            (.damagedOutcome, .outcomeUnreadable), (.invalidPolicy, .internalError), (.keyExpired, .keyExpired),
            (.tooManyNewKeys, .tooManyNewKeys), (.outcomeUnreadable, .outcomeUnreadable),
            (.deadlineExceeded, .unavailable),
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
        let retryable: [ProblemKind] = [.inFlight, .tooManyNewKeys, .unavailable, .outcomeUnknown]
        #expect(kind.isRetryable == retryable.contains(kind))
    }

    @Test(
        "The pause is in whole seconds, rounded up, and at least one",
        arguments: [(0, 1), (1, 1), (1000, 1), (1001, 2), (7000, 7), (7001, 8)])
    func pause(milliseconds: Int, seconds: Int64) {
        #expect(Duration.milliseconds(milliseconds).delaySeconds == seconds)
    }

    @Test("An error that knows how long to wait decides, where waiting helps")
    func knownPause() {
        let error = IdempotencyError(.tooManyNewKeys, "", retryAfter: .milliseconds(41_001))
        #expect(Problem(failure: error)?.headers[.retryAfter] == "42")
        #expect(Problem(.answerWithheld, underlying: error).headers[.retryAfter] == nil)
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
