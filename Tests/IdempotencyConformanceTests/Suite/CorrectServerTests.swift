import IdempotencyConformance
import Testing

@testable import ConformanceServers

@Suite("A correct server", .timeLimit(.minutes(2)))
struct CorrectServerTests {
    @Test("passes every check of its profile, warnings included", arguments: Profile.allCases)
    func profile(profile: Profile) async throws {
        let report = try await CorrectServer(profile, window: .seconds(6)).report()
        let open = report.findings.filter { $0.result != .pass }
        #expect(open.isEmpty, "\(open.map { "\($0.check.id): \($0.result.rawValue), \($0.came)" })")
        #expect(report.failures == 0)
    }

    /// What is not passed, and why that is right.
    private static let open: [OtherCorrectServer.Habit: [String: CheckResult]] = [
        .hasNoRetryAfter: ["rfc9110-retry-after": .warn],
        // Nobody is told to come again.
        .letsDuplicatesWait: ["rfc9110-retry-after": .notTested],
    ]

    @Test("may have other habits", arguments: OtherCorrectServer.Habit.allCases)
    func habit(habit: OtherCorrectServer.Habit) async throws {
        let report = try await OtherCorrectServer(habit: habit).report(strict: false)
        let open = report.findings.filter { $0.result != .pass && $0.check.id != "2.3-expiry" }
        #expect(
            Dictionary(uniqueKeysWithValues: open.map { ($0.check.id, $0.result) }) == Self.open[habit] ?? [:],
            "\(open.map { "\($0.check.id): \($0.came)" })")
    }

    @Test(
        "fails nothing when there is no more than a body and credentials", arguments: OtherCorrectServer.Habit.allCases)
    func bareMinimum(habit: OtherCorrectServer.Habit) async throws {
        let report = try await OtherCorrectServer(habit: habit).report(strict: false) { target in
            var bare = try Target(url: target.url, endpoint: target.endpoint, body: target.body)
            bare.headers = target.headers
            target = bare
        }
        let failed = report.findings.filter { $0.result == .fail }
        #expect(failed.isEmpty, "\(failed.map { "\($0.check.id): \($0.came)" })")
    }
}
