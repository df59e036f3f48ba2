/// Checks that are answered by the same requests.
struct CheckGroup: Sendable {
    typealias Verdicts = [Check: Verdict]

    let checks: [Check]
    /// Sends the requests and judges them. A check without verdict is one that the profile leaves out.
    let run: @Sendable (Subject, inout Evidence) async throws -> Verdicts

    init(_ checks: Check..., run: @escaping @Sendable (Subject, inout Evidence) async throws -> Verdicts) {
        self.checks = checks
        self.run = run
    }

    /// In the order in which they are run.
    static let all: [CheckGroup] = [
        first, bareKey, parameters, malformedKeys, longKey, space, letterCase, missingKey,
        otherPayload, otherEndpoint, otherPrincipal, noCredentials, refusal, parallel, contest, hangUpInRequest,
        hangUpBeforeAnswer,
        tooLarge, serverError, equalJSON, moment, expiry, refusals,
    ]
}
