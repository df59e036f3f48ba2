extension CheckGroup {
    static let tooLarge = CheckGroup(.tooLarge) { subject, evidence in
        guard let size = subject.target.oversize else { return [.tooLarge: .untested("no --oversize")] }
        let operation = subject.operation()
        let key = subject.profile.spelling(of: operation.key)
        // White space at the end: JSON's value is the same, so that only its size can be wrong.
        let padding = String(repeating: " ", count: max(0, size - operation.body.utf8.count))
        let answer = try await subject.send(operation.body + padding, keys: [key])
        guard answer.status == 413 else { return [.tooLarge: .unmet("\(answer.status)")] }
        evidence.malformed.append(.init(name: "a large body", answer: answer, key: operation.key))
        let retry = try await subject.send(operation)
        guard retry.isSuccess, !retry.isMarkedReplay else {
            return [.tooLarge: .unmet("413, but then the key could not be used: \(retry.status)")]
        }
        return [.tooLarge: .met("413, then \(retry.status) with a small body")]
    }

    /// The longest window that a run waits for.
    private static let longestWindow: Duration = .seconds(60)

    static let expiry = CheckGroup(.expiry) { subject, evidence in
        for _ in 1...3 {
            if let verdict = try await expiry(subject, evidence) { return [.expiry: verdict] }
        }
        return [.expiry: .untested("answers come too slowly to tell when the key expires")]
    }

    /// - Returns: nil when an answer came so late that it says nothing.
    private static func expiry(_ subject: Subject, _ evidence: Evidence) async throws -> Verdict? {
        let clock = ContinuousClock()
        let operation = subject.operation()
        let sent = clock.now
        let first = try await subject.send(operation)
        let answered = clock.now
        let told = ExpiresField.seconds(in: first).map { Duration.seconds($0 - subject.now) }
        guard let window = subject.target.window ?? told else {
            return evidence.isLost
                ? .unmet("the first answer is lost at the end of the run: if keys live as short as that, give --window")
                : .untested("no --window, and answers do not say when the key expires")
        }
        guard window <= longestWindow else {
            return evidence.isLost
                ? .unmet("the first answer is lost at the end of the run, and not after \(window.words)")
                : .untested("the key lives for \(window.words): too long to wait for")
        }
        // What the answer says has its fractions of a second cut off.
        let sure = subject.target.window ?? max(window - .seconds(1), .zero)
        try await clock.sleep(until: sent + sure * 9 / 10)
        let within = try await subject.send(operation)
        let isInTime = clock.now < sent + sure
        guard try await subject.isAnsweredAgain(first, within, of: operation, evidence) else {
            guard isInTime else { return nil }
            return .unmet(
                "\(within.status) instead of the stored answer after \((sure * 9 / 10).words) of \(window.words)")
        }
        // Clocks of two machines, and seconds that were cut off.
        try await clock.sleep(until: answered + window + .milliseconds(1100))
        let late = try await subject.send(operation)
        if late.status == 410 { return .met("410 after \(window.words)") }
        if subject.profile == .stripe, late.isMarkedReplay {
            return .met("still stored after \(window.words)")
        }
        guard late.isSuccess, !late.isMarkedReplay else {
            return .unmet("\(late.status) after \(window.words), not a new request")
        }
        guard let effects = try await subject.effects(of: operation) else {
            return .met("\(late.status) after \(window.words); effects were not counted: no --probe")
        }
        return effects == 2
            ? .met("a new request after \(window.words)") : .unmet("\(effects.effects) after \(window.words)")
    }
}
