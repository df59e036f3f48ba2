import IdempotencyConformance
import Testing

@testable import ConformanceServers

/// What the suite must find, and why.
struct WrongServer: Sendable, CustomTestStringConvertible {
    let server: any KeyedServer
    /// The checks that fail, and words of what came.
    let faults: [String: String]
    /// Those that fail as well when requests that are sent at the same moment come one after the other.
    var chanceFaults: [String: String] = [:]

    var testDescription: String { "\(type(of: server))" }

    static let all: [WrongServer] = [
        .init(
            server: CheckThenInsert(),
            faults: [
                "2.6-parallel-effect": "20 requests, ", "2.6-parallel-answers": "different bodies",
                "2.6-hang-up-before-answer": "2 effects", "2.7-other-payload-in-flight": "201 and 201, 2 effects",
            ]),
        .init(server: UnscopedKeys(), faults: ["5-other-principal": "201, marked as a replay"]),
        .init(
            server: NoFingerprint(),
            faults: [
                "2.7-other-payload": "201", "2.7-other-payload-status": "201",
            ]),
        .init(
            server: ReplayRunsAgain(),
            faults: [
                "2.6-replay-effect": "1 effect, then 2", "2.6-replay-body": "they differ from byte",
                "2.6-replay-fields": "another value of location", "2.6-hang-up-before-answer": "2 effects",
                "2.7-other-payload": "not its stored answer",
            ],
            chanceFaults: ["2.6-parallel-effect": "20 requests, ", "2.6-parallel-answers": "different bodies"]),
        .init(server: StoresServerErrors(), faults: ["acp-6.5-server-error": "500, then 500"]),
        .init(server: DropsFields(), faults: ["2.6-replay-fields": "without location"]),
        .init(server: RewritesBody(), faults: ["2.6-replay-body": "they differ from byte"]),
        .init(server: JoinsKeyLines(), faults: ["2.1-two-fields": "201"]),
        .init(server: EchoesKey(), faults: ["5-no-key-echo": "the key is in the body"]),
        .init(server: StaysInFlight(), faults: ["2.6-hang-up-before-answer": "409 for 3 s"]),
        .init(server: StoresHalfRequests(), faults: ["2.6-hang-up-in-request": "half a request got 422"]),
        .init(server: CutsKeys(), faults: ["2.1-long-key": "taken for the same"]),
        .init(server: ReplaysCookies(), faults: ["rfc6265-set-cookie": "the same cookie again"]),
        .init(
            server: ReplaysWith200(),
            faults: ["2.6-replay-status": "201, then 200", "2.6-refusal-replayed": "402, then 200"]),
        .init(server: MismatchFreesKey(), faults: ["2.7-other-payload": "not its stored answer"]),
        .init(server: IgnoresEndpoint(), faults: ["2.7-other-endpoint": "201 for another method: the stored answer"]),
        .init(server: IgnoresQuery(), faults: ["2.7-other-query": "201 for another query: the stored answer"]),
        .init(server: FreesKeyOnHangUp(), faults: ["2.6-hang-up-before-answer": "2 effects"]),
        .init(server: ExpiresEarly(), faults: ["2.3-expiry": "instead of the stored answer"]),
        .init(
            server: AuthorizesLate(),
            faults: [
                "5-no-credentials": "201, where a new request gets 401", "5-other-principal": "marked as a replay",
            ]),
        .init(server: IgnoresBareKeys(), faults: ["2.1-bare-key": "a retry ran again"]),
        .init(server: EvictsKeys(), faults: ["2.3-expiry": "the first answer is lost"]),
        .init(server: FoldsCase(), faults: ["2.1-letter-case": "taken for the same"]),
    ]
}

@Suite("A wrong server", .timeLimit(.minutes(2)))
struct WrongServerTests {
    @Test("fails exactly the checks of its fault, for the right reason", arguments: WrongServer.all)
    func teeth(wrong: WrongServer) async throws {
        let report = try await wrong.server.report()
        let failed = report.findings.filter { $0.result == .fail }
        let ids = Set(failed.map(\.check.id)).subtracting(wrong.chanceFaults.keys)
        #expect(ids == Set(wrong.faults.keys), "\(failed.map { "\($0.check.id): \($0.came)" })")
        for finding in failed {
            let words = try #require(wrong.faults[finding.check.id] ?? wrong.chanceFaults[finding.check.id])
            #expect(finding.came.contains(words), "\(finding.check.id): \(finding.came)")
        }
    }
}
