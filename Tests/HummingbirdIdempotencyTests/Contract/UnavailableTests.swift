import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import LibPQ
import TestSupport
import Testing

@Suite("database unreachable, pool exhausted past its deadline", .timeLimit(.minutes(2)))
struct UnavailableTests {
    @Test("unreachable: 503 and Retry-After; the handler does not run", arguments: Form.allCases)
    func unreachable(form: Form) async throws {
        let runs = Counter()
        try await withService(options: IdempotencyOptions(retryAfter: .milliseconds(2500)), pool: .unreachable) {
            _, _, _ in
            runs.increment()
            return Response(status: .ok)
        } _: { service in
            let answer = try await service.send(form.path, key: "k")
            answer.expectProblem(.unavailable, retryable: true)
            #expect(answer.headers[.retryAfter] == "3")
            #expect(runs.value == 0)
            let problem = try #require(service.errors.all.first as? Problem)
            #expect(problem.underlying != nil)
        }
    }

    @Test("pool exhausted past its deadline: 503 and Retry-After, the handler does not run; afterwards it does")
    func exhausted() async throws {
        let (started, gate, runs) = (Gate(), Gate(), Counter())
        // Long enough for the first request to connect on a busy machine: it would not run, and we would wait for it.
        try await withService(pool: .single(acquireTimeout: .seconds(1))) { request, context, transaction in
            runs.increment()
            if request.headers[.principal] == "slow" {
                started.open()
                try await gate.pass()
            }
            return try await ProtectedService.insert(request, context, transaction)
        } _: { service in
            async let slow = service.send("/group", key: "a", principal: "slow")
            defer { gate.open() }
            try await started.pass()
            try await service.send("/group", key: "b").expectProblem(.unavailable, retryable: true)
            #expect(runs.value == 1)
            gate.open()
            #expect(try await slow.status == .created)
            #expect(try await service.send("/group", key: "b").status == .created)
        }
    }

    @Test("connection lost in the handler: 503, nothing left, and the retry runs")
    func lost() async throws {
        let runs = Counter()
        try await withService { request, context, transaction in
            let response = try await ProtectedService.insert(request, context, transaction)
            if runs.increment() == 1 { try await transaction.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
            return response
        } _: { service in
            try await service.send("/route", key: "k").expectProblem(.unavailable, retryable: true)
            #expect(try await service.effects().isEmpty)
            #expect(try await service.send("/route", key: "k").status == .created)
            #expect(try await service.effects() == ["coffee"])
        }
    }
}
