extension CheckGroup {
    static let otherPayload = CheckGroup(.otherPayload, .otherPayloadStatus) { subject, evidence in
        let operation = subject.operation()
        let other = subject.operation()
        let first = try await subject.send(operation)
        let answer = try await subject.send(other.body, keys: [subject.profile.spelling(of: operation.key)])
        if answer.isRefusal {
            evidence.described.append(.init(name: "another payload", answer: answer, key: operation.key))
        }
        let retry = try await subject.send(operation)
        var verdict = Verdict.refused(answer, with: Set(400...499), effects: try await subject.effects(of: other))
        if case .met = verdict, retry.status != first.status {
            verdict = .unmet(
                "\(answer.status), but afterwards the first payload got \(retry.status), not its stored answer")
        }
        let statuses: Set = subject.profile == .stripe ? [400, 422] : [422]
        return [.otherPayload: verdict, .otherPayloadStatus: .refused(answer, with: statuses, effects: nil)]
    }

    static let otherPrincipal = CheckGroup(.otherPrincipal) { subject, _ in
        guard !subject.target.otherHeaders.isEmpty else {
            return [.otherPrincipal: .untested("no --other-header: there is one principal only")]
        }
        let operation = subject.operation()
        let first = try await subject.send(operation)
        // A probe that the other principal may not use counts nothing.
        let before = try? await subject.effects(of: operation, principal: .other)
        let answer = try await subject.send(operation, principal: .other)
        let after = try? await subject.effects(of: operation, principal: .other)
        let new = before.flatMap { before in after.map { $0 - before } }
        return [.otherPrincipal: .principal(first: first, other: answer, newEffects: new)]
    }

    /// Two payloads at once, a few times: which of them is first is chance.
    static let contest = CheckGroup(.otherPayloadInFlight) { subject, evidence in
        let refusals: Set = subject.profile == .stripe ? [400, 409, 422] : [409, 422]
        var verdict = Verdict.untested("")
        for _ in 0..<3 {
            let one = Operation(subject.target.slowBody ?? subject.target.body)
            let other = Operation(subject.target.slowBody ?? subject.target.body)
            let key = subject.profile.spelling(of: one.key)
            async let first = subject.send(one.body, keys: [key])
            async let second = subject.send(other.body, keys: [key])
            let answers = try await (first, second)
            for answer in [answers.0, answers.1] where answer.isRefusal {
                let name = answer.status == 409 ? "a request in flight" : "another payload in flight"
                evidence.described.append(.init(name: name, answer: answer, key: one.key))
            }
            verdict = .contest(
                answers.0, answers.1, refusals: refusals, effects: try await subject.effects(of: one, other))
            if case .unmet = verdict { break }
        }
        return [.otherPayloadInFlight: verdict]
    }
}
