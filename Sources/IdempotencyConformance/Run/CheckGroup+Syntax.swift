extension CheckGroup {
    static let bareKey = CheckGroup(.bareKey) { subject, evidence in
        let operation = subject.operation()
        let answer = try await subject.send(operation.body, keys: [operation.key])
        if !answer.isSuccess {
            evidence.malformed.append(.init(name: "a bare key", answer: answer, key: operation.key))
        }
        switch subject.profile {
        case .ietf:
            guard answer.isSuccess else { return [.bareKey: .refused(answer, with: [400], effects: nil)] }
            let retry = try await subject.send(operation.body, keys: [operation.key])
            let isHonoured = try await subject.isAnsweredAgain(answer, retry, of: operation, evidence)
            return [.bareKey: isHonoured ? .met("accepted and honoured") : .unmet("accepted, but a retry ran again")]
        case .ietfStrict:
            return [.bareKey: .refused(answer, with: [400], effects: try await subject.effects(of: operation))]
        case .stripe, .acp:
            return [.bareKey: answer.isSuccess ? .met("\(answer.status)") : .unmet("\(answer.status)")]
        }
    }

    static let parameters = CheckGroup(.parameters) { subject, evidence in
        let operation = subject.operation()
        let first = try await subject.send(operation)
        let retry = try await subject.send(operation)
        let before = try await subject.effects(of: operation)
        guard first.isSuccess, retry.isSuccess, before ?? 1 == 1 else {
            return [.parameters: .untested("a retry without parameters is not answered as the first request was")]
        }
        let other = try await subject.send(operation.body, keys: ["\"\(operation.key)\";p=1"])
        guard other.isSuccess else { return [.parameters: .unmet("\(other.status)")] }
        let isReplay = try await subject.isAnsweredAgain(first, other, of: operation, evidence)
        return [.parameters: isReplay ? .met("the first answer again") : .unmet("another key: a new request")]
    }

    static let malformedKeys = CheckGroup(.unterminatedString, .emptyKey, .nonASCII, .twoFields) { subject, evidence in
        let spelling = subject.profile.spelling
        var verdicts: Verdicts = [:]
        let key = Operation.newKey()
        let empty = subject.profile == .acp ? [""] : ["", "\"\""]
        let cases: [(Check, String, [[String]])] = [
            (.unterminatedString, "a string without end", [["\"\(key)"]]),
            (.emptyKey, "an empty key", empty.map { [$0] }),
            (.nonASCII, "a key that is not ASCII", [["\"\(key)\u{E9}\""]]),
            (.twoFields, "two keys", [[spelling(key), spelling(Operation.newKey())]]),
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

    static let longKey = CheckGroup(.longKey) { subject, evidence in
        let start = Operation.random(255)
        return [.longKey: try await twoKeys(start + "a", start + "b", differ: "end", 400...499, subject, evidence)]
    }

    static let space = CheckGroup(.space) { subject, evidence in
        let start = Operation.random(16) + " "
        return [.space: try await twoKeys(start + "a", start + "b", differ: "end", 400...400, subject, evidence)]
    }

    static let letterCase = CheckGroup(.letterCase) { subject, evidence in
        // No UUID, whose letters mean the same in either case.
        let start = Operation.random(16)
        return [
            .letterCase: try await twoKeys(start + "x", start + "X", differ: "case", 400...499, subject, evidence)
        ]
    }

    /// Sends two operations with keys that differ in one part only, unless the first is refused with one of these statuses.
    private static func twoKeys(
        _ one: String, _ two: String, differ part: String, _ refusals: ClosedRange<Int>, _ subject: Subject,
        _ evidence: Evidence
    ) async throws -> Verdict {
        let answer = try await subject.send(subject.operation().body, keys: [subject.profile.spelling(of: one)])
        guard answer.isSuccess else { return .refused(answer, with: Set(refusals), effects: nil) }
        let operation = subject.operation()
        let other = try await subject.send(operation.body, keys: [subject.profile.spelling(of: two)])
        let isReplay = try await subject.effects(of: operation).map { $0 == 0 }
        return .keyIsAnother(
            with: part, other, isReplay: isReplay ?? (evidence.bodiesTell && other.body == answer.body))
    }

    static let missingKey = CheckGroup(.missingKey) { subject, evidence in
        let operation = subject.operation()
        let answer = try await subject.send(operation.body, keys: [])
        if answer.status == 400 { evidence.described.append(.init(name: "a missing key", answer: answer, key: "")) }
        return [.missingKey: .refused(answer, with: [400], effects: try await subject.effects(of: operation))]
    }
}
