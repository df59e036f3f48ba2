import Idempotency

/// Runs a request once undisturbed, and then again with each possible cut, each time on a fresh database.
struct IdempotencyCheck<Service> {
    let database: PreparedDatabase
    let masking: Masking
    let service: @Sendable (_ databaseURL: String) async throws -> Service
    let request: @Sendable (Service) async throws -> Outcome

    /// What a run without a fault comes to.
    private struct Undisturbed {
        let outcome: Outcome
        let state: MaskedState
        let cuts: [ConnectionCut]
    }

    /// - Throws: ``IdempotencyTestingError`` for the first cut that the request does not survive.
    func run() async throws -> InjectionReport {
        let expected = try await undisturbed()
        guard !expected.cuts.isEmpty else {
            throw IdempotencyTestingError(
                .nothingTested,
                "the request sent no statement to the database of the URL that it was given, so that nothing could be cut"
            )
        }
        try await repeated(expected)
        var report = InjectionReport()
        for cut in expected.cuts {
            if try await survives(cut, expected) { report.cuts.append(cut) } else { report.missed.append(cut) }
        }
        guard !report.cuts.isEmpty else {
            throw IdempotencyTestingError(
                .nothingTested,
                "none of the statements came again, so that nothing was cut: values belong into parameters, not into the text"
            )
        }
        return report
    }

    /// The run with which all others are compared.
    private func undisturbed() async throws -> Undisturbed {
        try await withRun(cut: nil) { copy, proxy, service in
            let outcome = try await answerOnce(service)
            let cuts = proxy.possibleCuts
            return Undisturbed(outcome: outcome, state: masking.masked(try await copy.state()), cuts: cuts)
        }
    }

    private func answerOnce(_ service: Service) async throws -> Outcome {
        let outcome: Outcome
        do {
            outcome = try await request(service)
        } catch {
            throw IdempotencyTestingError(
                .requestFailed, "the request failed although nothing disturbed it", underlying: error)
        }
        guard outcome.status < 500 else {
            throw IdempotencyTestingError(
                .requestFailed, "the request was answered \(outcome.status) although nothing disturbed it")
        }
        return outcome
    }

    /// A second undisturbed run has to do the same as the first, and a retry after its answer nothing at all.
    private func repeated(_ expected: Undisturbed) async throws {
        try await withRun(cut: nil) { copy, _, service in
            let outcome = try await answerOnce(service)
            let differences = expected.state.differences(in: masking.masked(try await copy.state()))
            guard differences.isEmpty else {
                throw IdempotencyTestingError(
                    .nondeterministic,
                    "two undisturbed runs differ, so that no run can be compared with them; ignore the columns in question:",
                    differences: differences)
            }
            let client = RetryingClient { try await request(service) }
            guard case .answered(let retried) = try await client.answer(expecting: outcome.status) else {
                throw IdempotencyTestingError(.notIdempotent, "a retry after the answer gets no answer")
            }
            try judge(
                expected, acknowledged: outcome, retried: retried, state: try await copy.state(), cut: nil)
        }
    }

    /// - Returns: whether the cut happened at all.
    private func survives(_ cut: ConnectionCut, _ expected: Undisturbed) async throws -> Bool {
        try await withRun(cut: cut) { copy, proxy, service in
            let client = RetryingClient { try await request(service) }
            let acknowledged: Outcome
            switch try await client.answer(expecting: expected.outcome.status) {
            case .answered(let outcome): acknowledged = outcome
            case .unanswered(let last):
                throw IdempotencyTestingError(
                    .notIdempotent,
                    "\(RetryDecision.maximumAttempts) retries got no final answer, the last one \(last), with the connection cut \(cut)",
                    cut: cut)
            }
            var retried: Outcome?
            if case .answered(let outcome) = try await client.answer(expecting: expected.outcome.status) {
                retried = outcome
            }
            let hasCut = proxy.hasCut
            proxy.close()
            try judge(
                expected, acknowledged: acknowledged, retried: retried, state: try await copy.finalState(), cut: cut)
            return hasCut
        }
    }

    private func judge(
        _ expected: Undisturbed, acknowledged: Outcome, retried: Outcome?, state: DatabaseState, cut: ConnectionCut?
    ) throws(IdempotencyTestingError) {
        let differences = expected.state.differences(in: masking.masked(state))
        var faults = AnswerComparison.faults(
            undisturbed: expected.outcome, acknowledged: acknowledged, retried: retried)
        if retried == nil { faults.append("one more retry got no final answer") }
        guard !differences.isEmpty || !faults.isEmpty else { return }
        if !differences.isEmpty {
            faults.append("the database is another than after one run that nothing disturbs:")
        }
        let event = cut.map { "with the connection cut \($0)" } ?? "without any fault, by a retry after the answer"
        throw IdempotencyTestingError(
            .notIdempotent, "\(event)\n  \(faults.joined(separator: "\n  "))", cut: cut, differences: differences)
    }

    /// Runs the body with a database of its own, the proxy before it and the service on that.
    private func withRun<T>(
        cut: ConnectionCut?, _ body: (PreparedDatabase.Copy, CuttingProxy, Service) async throws -> T
    ) async throws -> T {
        try await database.withCopy { copy in
            let proxy: CuttingProxy
            do {
                proxy = try CuttingProxy(to: copy.url, cut: cut)
            } catch {
                throw IdempotencyTestingError(
                    .serverUnusable, "the server has to be on this machine, to be put behind a proxy", underlying: error
                )
            }
            defer { proxy.close() }
            return try await body(copy, proxy, try await service(proxy.url))
        }
    }
}
