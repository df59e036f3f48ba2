import IdempotencyConformance
import Testing

@Suite("A correct server", .timeLimit(.minutes(2)))
struct CorrectServerTests {
    @Test("passes every check of its profile, warnings included", arguments: Profile.allCases)
    func profile(profile: Profile) async throws {
        let report = try await CorrectServer(profile, window: .seconds(6)).report()
        let open = report.findings.filter { $0.result != .pass }
        #expect(open.isEmpty, "\(open.map { "\($0.check.id): \($0.result.rawValue), \($0.came)" })")
        #expect(report.failures == 0)
    }
}
