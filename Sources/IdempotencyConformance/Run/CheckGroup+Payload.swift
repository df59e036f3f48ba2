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
        let isKept = try await subject.isAnsweredAgain(first, retry, of: operation, evidence)
        if case .met = verdict, !isKept {
            verdict = .unmet(
                "\(answer.status), but afterwards the first payload got \(retry.status), not its stored answer")
        }
        let statuses: Set = subject.profile == .stripe ? [400, 422] : [422]
        return [.otherPayload: verdict, .otherPayloadStatus: .refused(answer, with: statuses, effects: nil)]
    }

    static let otherEndpoint = CheckGroup(.otherEndpoint, .otherQuery) { subject, evidence in
        let operation = subject.operation()
        let first = try await subject.send(operation)
        let endpoint = subject.target.endpoint
        let method = try await subject.send(operation, to: endpoint.withOtherMethod)
        let path = try await subject.send(operation, to: endpoint.withOtherPath)
        let query = try await subject.send(operation, to: endpoint.withOtherQuery)
        let other = [("method", method), ("path", path)].map { name, answer in
            Verdict.otherRequest("another \(name)", first: first, other: answer, bodiesTell: evidence.bodiesTell)
        }
        return [
            .otherEndpoint: .all(other),
            .otherQuery: .otherRequest("another query", first: first, other: query, bodiesTell: evidence.bodiesTell),
        ]
    }

    static let noCredentials = CheckGroup(.noCredentials) { subject, evidence in
        guard !subject.target.headers.isEmpty else { return [.noCredentials: .untested("no --header")] }
        let control = try await subject.send(subject.operation(), principal: .nobody)
        guard !control.isSuccess else {
            return [.noCredentials: .untested("without the fields of --header a new request succeeds, too")]
        }
        let operation = subject.operation()
        let first = try await subject.send(operation)
        let retry = try await subject.send(operation, principal: .nobody)
        return [
            .noCredentials: retry.isSuccess || retry.body == first.body && !first.body.isEmpty
                ? .unmet("\(retry.status), where a new request gets \(control.status)") : .met("\(retry.status)")
        ]
    }

    static let otherPrincipal = CheckGroup(.otherPrincipal) { subject, evidence in
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
        return [
            .otherPrincipal: .principal(
                first: first, other: answer, newEffects: new, bodiesTell: evidence.bodiesTell)
        ]
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
