import HTTPTypes
import HummingbirdIdempotency
import HummingbirdTesting
import NIOCore
import Testing

extension TestResponse {
    /// The body as text.
    var text: String { String(buffer: body) }

    /// Whether this is a stored answer.
    var isReplay: Bool { headers[.idempotentReplayed] == "true" }

    /// Expects this to be the replay of another answer: the same status, fields and bytes, but for what a replay never repeats.
    func expectReplay(of first: TestResponse, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(isReplay, sourceLocation: sourceLocation)
        #expect(!first.isReplay, sourceLocation: sourceLocation)
        #expect(status == first.status, sourceLocation: sourceLocation)
        #expect(body == first.body, sourceLocation: sourceLocation)
        #expect(comparable == first.comparable, sourceLocation: sourceLocation)
    }

    /// Expects a problem+json of this kind.
    func expectProblem(
        _ kind: ProblemKind, retryable: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(status == kind.status, sourceLocation: sourceLocation)
        #expect(headers[.contentType] == "application/problem+json", sourceLocation: sourceLocation)
        #expect(text.contains("\"type\":\"/docs/idempotency#\(kind.rawValue)\""), sourceLocation: sourceLocation)
        #expect(text.contains("\"status\":\(status.code)"), sourceLocation: sourceLocation)
        #expect(text.contains("\"title\":") && text.contains("\"detail\":"), sourceLocation: sourceLocation)
        #expect((headers[.retryAfter] != nil) == retryable, sourceLocation: sourceLocation)
        #expect(!isReplay, sourceLocation: sourceLocation)
    }

    private var comparable: [String] {
        headers.filter { ![.date, .setCookie, .idempotentReplayed].contains($0.name) }
            .map { "\($0.name.canonicalName): \($0.value)" }
    }
}
