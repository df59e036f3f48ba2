/// Runs the checks of a profile against a server, from outside.
package struct ConformanceSuite: Sendable {
    private let target: Target
    private let profile: Profile
    private let isStrict: Bool

    /// - Parameter strict: whether a SHOULD that does not hold fails.
    package init(_ target: Target, profile: Profile = .ietf, strict: Bool = false) {
        self.target = target
        self.profile = profile
        isStrict = strict
    }

    /// Sends some hundred requests, one check after the other.
    /// - Throws: ``ConformanceError`` when the server cannot be reached, or refuses the first request.
    package func run() async throws -> ConformanceReport {
        try await WireClient.with(timeout: target.timeout) { client in
            let subject = Subject(target: target, profile: profile, client: client)
            var evidence = try await preflight(subject)
            var verdicts: CheckGroup.Verdicts = [:]
            for group in CheckGroup.all where group.checks.contains(where: { $0.levels[profile] != nil }) {
                do {
                    verdicts.merge(try await group.run(subject, &evidence)) { $1 }
                } catch let failure as NoAnswer {
                    for check in group.checks { verdicts[check] = .unmet(failure.reason) }
                }
            }
            let findings = Check.all(of: profile).compactMap { check in
                check.levels[profile].map {
                    Finding(check, level: $0, verdict: verdicts[check] ?? .untested("not run"), strict: isStrict)
                }
            }
            return ConformanceReport(profile: profile, url: target.url, endpoint: target.endpoint, findings: findings)
        }
    }

    private func preflight(_ subject: Subject) async throws -> Evidence {
        let operation = subject.operation()
        let answer: Answer
        do {
            answer = try await subject.send(operation)
        } catch let failure as NoAnswer {
            throw ConformanceError(.unreachable, "cannot reach \(target.url): \(failure.reason)")
        }
        guard answer.isSuccess else {
            let bare = subject.operation()
            let takesBareKeys = try? await subject.send(bare.body, keys: [bare.key]).isSuccess
            throw ConformanceError(
                .noSuccess,
                "\(target.endpoint.method) \(target.endpoint.path) with a new key was answered with \(answer.status), "
                    + "not with success: "
                    + (takesBareKeys == true
                        ? "it takes keys without quotation marks only, which --profile stripe and acp send"
                        : "give a --body and --header that it accepts"))
        }
        do {
            _ = try await subject.effects(of: operation)
        } catch let failure as NoAnswer {
            throw ConformanceError(.noSuccess, "--probe does not work: \(failure.reason)")
        }
        return Evidence(operation: operation, first: answer, firstAt: .now)
    }
}
