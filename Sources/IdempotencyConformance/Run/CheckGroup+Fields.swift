extension CheckGroup {
    /// Fields of the moment, looked at when a moment has passed since the first answer.
    static let moment = CheckGroup(.date, .setCookie) { subject, evidence in
        let first = evidence.first
        // Date counts whole seconds.
        try await ContinuousClock().sleep(until: evidence.firstAt + .milliseconds(2100))
        let replay = try await subject.send(evidence.operation)
        if evidence.isReplayed {
            evidence.isLost = try await !subject.isAnsweredAgain(first, replay, of: evidence.operation, evidence)
        }
        var verdicts: Verdicts = [:]
        switch (first.values("date").first, replay.values("date").first) {
        case (nil, nil): verdicts[.date] = .untested("answers have no Date")
        case (let then, let now):
            verdicts[.date] = then == now ? .unmet("the first answer's, two seconds later") : .met("another one")
        }
        let cookies = Set(first.values("set-cookie"))
        if cookies.isEmpty {
            verdicts[.setCookie] = .untested("the first answer sets no cookie")
        } else {
            let again = !cookies.isDisjoint(with: replay.values("set-cookie"))
            verdicts[.setCookie] = again ? .unmet("the same cookie again") : .met("not set again")
        }
        return verdicts
    }

    /// The refusals that the other checks met.
    static let refusals = CheckGroup(.errorFormat, .noKeyEcho, .retryAfter, .errorCodes) { subject, evidence in
        // One of each kind will do.
        var seen: Set<String> = []
        let described = evidence.described.filter { seen.insert("\($0.name) \($0.answer.status)").inserted }
        let inFlight = described.filter { $0.answer.status == 409 }
        let silent = inFlight.filter { $0.answer.values("retry-after").isEmpty }
        return [
            .errorFormat: ErrorFormat.documentation(described, linkSuffices: subject.profile == .ietf),
            .errorCodes: ErrorFormat.acpCodes(described),
            .noKeyEcho: ErrorFormat.keyEcho(described + evidence.malformed),
            .retryAfter: inFlight.isEmpty
                ? .untested("no 409 was seen")
                : silent.isEmpty
                    ? .met(inFlight[0].answer.values("retry-after")[0] + " on 409") : .unmet("409 without Retry-After"),
        ]
    }
}
