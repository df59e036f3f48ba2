extension CheckGroup {
    static let bareKey = CheckGroup(.bareKey) { subject, evidence in
        let operation = subject.operation()
        let answer = try await subject.send(operation.body, keys: [operation.key])
        if !answer.isSuccess {
            evidence.malformed.append(.init(name: "a bare key", answer: answer, key: operation.key))
        }
        switch subject.profile {
        case .ietf:
            return [
                .bareKey: answer.isSuccess || answer.status == 400
                    ? .met("\(answer.status)") : .unmet("\(answer.status)")
            ]
        case .ietfStrict:
            return [.bareKey: .refused(answer, with: [400], effects: try await subject.effects(of: operation))]
        case .stripe, .acp:
            return [.bareKey: answer.isSuccess ? .met("\(answer.status)") : .unmet("\(answer.status)")]
        }
    }

    static let parameters = CheckGroup(.parameters) { subject, _ in
        let operation = subject.operation()
        let first = try await subject.send(operation)
        let retry = try await subject.send(operation)
        let before = try await subject.effects(of: operation)
        guard retry.status == first.status, before ?? 1 == 1 else {
            return [.parameters: .untested("a retry without parameters is not answered as the first request was")]
        }
        let other = try await subject.send(operation.body, keys: ["\"\(operation.key)\";p=1"])
        let after = try await subject.effects(of: operation)
        guard other.status == first.status else { return [.parameters: .unmet("\(other.status)")] }
        let isReplay = after.map { $0 == 1 } ?? (other.body == retry.body)
        return [.parameters: isReplay ? .met("the first answer again") : .unmet("another key: a new request")]
    }

    static let malformedKeys = CheckGroup(.unterminatedString, .emptyKey, .nonASCII, .twoFields) { subject, evidence in
        let spelling = subject.profile.spelling
        var verdicts: Verdicts = [:]
        let key = Operation.random(32)
        let empty = subject.profile == .acp ? [""] : ["", "\"\""]
        let cases: [(Check, String, [[String]])] = [
            (.unterminatedString, "a string without end", [["\"\(key)"]]),
            (.emptyKey, "an empty key", empty.map { [$0] }),
            (.nonASCII, "a key that is not ASCII", [["\"\(key)\u{E9}\""]]),
            (.twoFields, "two keys", [[spelling(key + "1"), spelling(key + "2")]]),
        ]
        for (check, name, variants) in cases where check.levels[subject.profile] != nil {
            for keys in variants {
                let operation = subject.operation()
                let answer = try await subject.send(operation.body, keys: keys)
                let verdict = Verdict.refused(answer, with: [400], effects: try await subject.effects(of: operation))
                if !answer.isSuccess {
                    evidence.malformed.append(.init(name: name, answer: answer, key: check == .emptyKey ? "" : key))
                }
                if case .unmet? = verdicts[check] { continue }
                verdicts[check] = verdict
            }
        }
        return verdicts
    }

    static let longKey = CheckGroup(.longKey) { subject, _ in
        [.longKey: try await wholeKey(Operation.random(255), ends: ("a", "b"), refusals: 400...499, subject)]
    }

    static let space = CheckGroup(.space) { subject, _ in
        [.space: try await wholeKey(Operation.random(16) + " ", ends: ("a", "b"), refusals: 400...400, subject)]
    }

    private static func wholeKey(
        _ start: String, ends: (String, String), refusals: ClosedRange<Int>, _ subject: Subject
    ) async throws -> Verdict {
        let answer = try await subject.send(
            subject.operation().body, keys: [subject.profile.spelling(of: start + ends.0)])
        guard answer.isSuccess else { return .wholeKey(answer, refusals: refusals, other: nil) }
        let other = try await subject.send(
            subject.operation().body, keys: [subject.profile.spelling(of: start + ends.1)])
        return .wholeKey(answer, refusals: refusals, other: other)
    }

    static let missingKey = CheckGroup(.missingKey) { subject, evidence in
        let operation = subject.operation()
        let answer = try await subject.send(operation.body, keys: [])
        if answer.status == 400 { evidence.described.append(.init(name: "a missing key", answer: answer, key: "")) }
        return [.missingKey: .refused(answer, with: [400], effects: try await subject.effects(of: operation))]
    }
}
