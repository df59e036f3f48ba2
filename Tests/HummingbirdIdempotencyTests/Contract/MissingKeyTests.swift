import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import TestSupport
import Testing

@Suite("key missing where required", .timeLimit(.minutes(2)))
struct MissingKeyTests {
    @Test("400 before any SQL; the handler does not run", arguments: Form.allCases)
    func missing(form: Form) async throws {
        let runs = Counter()
        try await withService(pool: .unreachable) { _, _, _ in
            runs.increment()
            return Response(status: .ok)
        } _: { service in
            try await service.send(form.path, key: nil).expectProblem(.keyMissing)
            #expect(service.arrivals.value == 0 && runs.value == 0)
        }
    }
}
