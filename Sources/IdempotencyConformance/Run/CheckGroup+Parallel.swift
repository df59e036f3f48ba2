extension CheckGroup {
    static let parallel = CheckGroup(.parallelEffect, .parallelAnswers) { subject, evidence in
        let operation = Operation(subject.target.slowBody ?? subject.target.body)
        let answers = await withTaskGroup(of: Answer?.self) { group in
            for _ in 0..<subject.target.parallel {
                group.addTask { try? await subject.send(operation) }
            }
            return await group.reduce(into: [Answer?]()) { $0.append($1) }
        }
        let came = answers.compactMap(\.self)
        if let refusal = came.first(where: { $0.status == 409 }) {
            evidence.described.append(.init(name: "a request in flight", answer: refusal, key: operation.key))
        }
        if came.count < answers.count {
            // Those that got no answer may still run.
            _ = try? await subject.sendUntilDecided(operation)
        }
        let effects = try await subject.effects(of: operation)
        let effect: Verdict =
            switch effects {
            case nil: .untested("effects cannot be counted: no --probe")
            case 1?: .met("\(answers.count) requests, one effect")
            case let count?: .unmet("\(answers.count) requests, \(count.effects)")
            }
        return [
            .parallelEffect: effect,
            .parallelAnswers: ParallelAnswers(
                answers: came, unanswered: answers.count - came.count, bodiesAreEqual: evidence.replaysAreEqual
            ).verdict,
        ]
    }

    static let hangUpInRequest = CheckGroup(.hangUpInRequest) { subject, _ in
        var verdict = Verdict.untested("not sent")
        // A retry that meets the half request, and one that comes when it has been dealt with.
        for pause in [Duration.zero, .milliseconds(500)] {
            let operation = subject.operation()
            await subject.hangUp(operation, at: .inRequest)
            try await Task.sleep(for: pause)
            verdict = try await retried(operation, after: "half a request", subject)
            guard case .met = verdict else { break }
        }
        return [.hangUpInRequest: verdict]
    }

    static let hangUpBeforeAnswer = CheckGroup(.hangUpBeforeAnswer) { subject, _ in
        var verdict = Verdict.untested("")
        var operations: [Operation] = []
        // Before the server has read the request, and while it works on it, for a fast and a slower one.
        for delay: Duration in [.zero, .milliseconds(20), .milliseconds(100)] {
            let operation = Operation(subject.target.slowBody ?? subject.target.body)
            await subject.hangUp(operation, at: .beforeAnswer(after: delay))
            verdict = try await retried(operation, after: "a hang-up after \(delay.words)", subject)
            if case .unmet = verdict { return [.hangUpBeforeAnswer: verdict] }
            operations.append(operation)
        }
        // What a client gave up may still run when its retry has been answered.
        for operation in operations {
            if let effects = try await subject.effects(of: operation), effects != 1 {
                return [.hangUpBeforeAnswer: .unmet("\(effects.effects), the second after the retry's answer")]
            }
        }
        return [.hangUpBeforeAnswer: verdict]
    }

    private static func retried(_ operation: Operation, after fault: String, _ subject: Subject) async throws -> Verdict
    {
        let retry = try await subject.sendUntilDecided(operation)
        guard retry.isSuccess else {
            let how = retry.status == 409 ? " for \(subject.target.timeout.words)" : ""
            return .unmet("the retry after \(fault) got \(retry.status)\(how)")
        }
        let effects = try await subject.effects(of: operation)
        guard effects ?? 1 == 1 else {
            return .unmet("the retry after \(fault) got \(retry.status); \(effects?.effects ?? "")")
        }
        return .met("\(retry.status)" + (effects == nil ? "; effects were not counted: no --probe" : ", one effect"))
    }
}
