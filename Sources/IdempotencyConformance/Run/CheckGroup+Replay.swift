extension CheckGroup {
    /// The first request and its retry.
    static let first = CheckGroup(
        .firstRequest, .replayStatus, .replayBody, .replayFields, .replayEffect, .replayMarker, .expiresField, .keyEcho
    ) { subject, evidence in
        let first = evidence.first
        let effects = try await subject.effects(of: evidence.operation)
        let replay = try await subject.send(evidence.operation)
        let comparison = ReplayComparison(first: first, replay: replay, ignored: subject.target.ignoredFields)
        let after = try await subject.effects(of: evidence.operation)
        evidence.replaysAreEqual = replay.body == first.body
        evidence.isReplayed = try await subject.isAnsweredAgain(first, replay, of: evidence.operation, evidence)
        evidence.bodiesTell = try await subject.send(subject.operation()).body != first.body
        var verdicts: Verdicts = [
            .firstRequest: firstRequest(first, effects: effects), .replayStatus: comparison.status,
            .replayBody: comparison.body,
            .replayFields: comparison.fields, .replayMarker: marker(first: first, replay: replay),
            .expiresField: ExpiresField.verdict(first: first, replay: replay, now: subject.now),
        ]
        if let effects, let after {
            verdicts[.replayEffect] =
                after == effects ? .met("still \(after.effects)") : .unmet("\(effects.effects), then \(after)")
        } else {
            verdicts[.replayEffect] = .untested("effects cannot be counted: no --probe")
        }
        let echoed = [first, replay].allSatisfy { $0.values("idempotency-key") == [evidence.operation.key] }
        verdicts[.keyEcho] = echoed ? .met("on both answers") : .unmet("not on both answers")
        return verdicts
    }

    private static func firstRequest(_ answer: Answer, effects: Int?) -> Verdict {
        if answer.isMarkedReplay { return .unmet("\(answer.status), marked as a replay") }
        guard let effects else { return .met("\(answer.status); effects were not counted: no --probe") }
        return effects == 1 ? .met("\(answer.status), one effect") : .unmet("\(answer.status), \(effects.effects)")
    }

    private static func marker(first: Answer, replay: Answer) -> Verdict {
        if first.isMarkedReplay { return .unmet("the first answer is marked") }
        return replay.isMarkedReplay ? .met("only the replay is marked") : .unmet("the replay is not marked")
    }

    static let refusal = CheckGroup(.refusalReplayed) { subject, _ in
        guard let body = subject.target.refusedBody else { return [.refusalReplayed: .untested("no --refused-body")] }
        let operation = Operation(body)
        let first = try await subject.send(operation)
        guard first.isRefusal else {
            return [.refusalReplayed: .untested("--refused-body was answered with \(first.status), not 4xx")]
        }
        let comparison = ReplayComparison(
            first: first, replay: try await subject.send(operation), ignored: subject.target.ignoredFields)
        if let effects = try await subject.effects(of: operation), effects != 0 {
            return [.refusalReplayed: .unmet("refused, and yet \(effects.effects)")]
        }
        guard case .met(let status) = comparison.status else { return [.refusalReplayed: comparison.status] }
        guard case .met = comparison.body else { return [.refusalReplayed: comparison.body] }
        return [.refusalReplayed: .met(status + ", the same bytes")]
    }

    static let serverError = CheckGroup(.serverError) { subject, _ in
        guard let body = subject.target.failingBody else { return [.serverError: .untested("no --failing-body")] }
        let operation = Operation(body)
        let first = try await subject.send(operation)
        guard first.status >= 500 else {
            return [.serverError: .untested("--failing-body was answered with \(first.status), not 5xx")]
        }
        let retry = try await subject.send(operation)
        let summary = "\(first.status), then \(retry.status)"
        guard retry.isSuccess, !retry.isMarkedReplay else { return [.serverError: .unmet(summary)] }
        if let effects = try await subject.effects(of: operation), effects != 1 {
            return [.serverError: .unmet("\(summary), \(effects.effects)")]
        }
        return [.serverError: .met(summary)]
    }

    static let equalJSON = CheckGroup(.equalJSON) { subject, _ in
        let operation = subject.operation()
        guard let reordered = JSONText.reordered(operation.body) else {
            return [.equalJSON: .untested("--body is no JSON object")]
        }
        let first = try await subject.send(operation)
        let retry = try await subject.send(reordered, keys: [subject.profile.spelling(of: operation.key)])
        let comparison = ReplayComparison(first: first, replay: retry, ignored: subject.target.ignoredFields)
        return [
            .equalJSON: comparison.isSameAnswer
                ? .met("the first answer again") : .unmet("\(first.status), then \(retry.status)")
        ]
    }
}
