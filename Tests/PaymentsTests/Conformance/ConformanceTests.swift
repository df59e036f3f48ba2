import Foundation
import IdempotencyConformance
import PaymentsSupport
import TestSupport
import Testing

@Suite("The sample service under the conformance suite", .serialized, .timeLimit(.minutes(2)))
struct ConformanceTests {
    /// What the run can use of this service.
    private func target(_ service: PaymentsService) throws -> Target {
        func body(_ amount: Int) throws -> BodyTemplate {
            try BodyTemplate(
                #"{"account_id": 1, "amount": \#(amount), "currency": "EUR", "reference": "{unique}"}"#,
                option: "--body")
        }
        var target = try Target(
            url: service.process.url, endpoint: Endpoint("POST:/payments", option: "--endpoint"), body: body(1))
        target.headers = [try HeaderLine("Authorization: Bearer acme-token", option: "--header")]
        target.otherHeaders = [try HeaderLine("Authorization: Bearer globex-token", option: "--other-header")]
        target.probe = try EffectProbe("GET:/payments?reference={unique}")
        target.refusedBody = try body(1_000_000)
        target.oversize = (1 << 20) + 1
        return target
    }

    /// Checks that nothing can be seen of, and what of docs/conformance.md begins with the reason.
    private static func untested() throws -> [String: String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/conformance.md"), encoding: .utf8)
        let table = try #require(page.components(separatedBy: "| not tested | why |\n").last)
        let rows = table.prefix { $0 != "#" }.matches(of: /\| `([^`]+)` \| ([^:|]+)/)
        return Dictionary(uniqueKeysWithValues: rows.map { (String($0.output.1), String($0.output.2)) })
    }

    @Test(
        "passes every check of the profiles that it claims, warnings included",
        arguments: [(Profile.ietf, "lenient"), (.stripe, "lenient"), (.ietfStrict, "strict")])
    func profile(profile: Profile, syntax: String) async throws {
        try await withPayments(settings: ["PAYMENTS_KEY_SYNTAX": syntax, "PAYMENTS_RETENTION": "5s"]) { service in
            let report = try await ConformanceSuite(target(service), profile: profile, strict: true).run()
            let untested = try Self.untested()
            for finding in report.findings {
                let id = finding.check.id
                switch finding.result {
                case .pass: break
                case .notTested:
                    #expect(finding.came == untested[id], "\(id) is not tested")
                case .fail, .warn, .note: Issue.record("\(id): \(finding.result.rawValue), \(finding.came)")
                }
            }
        }
    }
}
