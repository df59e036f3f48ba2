import IdempotencyConformance

@testable import ConformanceServers

extension Target {
    /// A server of the tests, with everything that the checks can use.
    static func fixture(_ url: String) throws -> Target {
        var target = try Target(
            url: url, endpoint: try Endpoint("POST:/payments", option: "--endpoint"),
            body: try BodyTemplate("{\"reference\": \"{unique}\", \"amount\": 100}", option: "--body"))
        target.headers = [try HeaderLine("Authorization: Bearer one", option: "--header")]
        target.otherHeaders = [try HeaderLine("Authorization: Bearer two", option: "--other-header")]
        target.probe = try EffectProbe("GET:/payments?reference={unique}")
        target.refusedBody = try BodyTemplate(
            "{\"reference\": \"{unique}\", \"amount\": 1001}", option: "--refused-body")
        target.failingBody = try BodyTemplate(
            "{\"reference\": \"{unique}\", \"amount\": 100, \"fail\": true}", option: "--failing-body")
        target.slowBody = try BodyTemplate(
            "{\"reference\": \"{unique}\", \"amount\": 100, \"slow\": true}", option: "--slow-body")
        target.oversize = 10_000
        target.timeout = .seconds(3)
        return target
    }
}

extension KeyedServer {
    /// Runs the suite against it.
    func report(
        strict: Bool = true, _ change: @escaping @Sendable (inout Target) throws -> Void = { _ in }
    ) async throws -> ConformanceReport {
        try await withURL { url in
            var target = try Target.fixture(url)
            try change(&target)
            return try await ConformanceSuite(target, profile: profile, strict: strict).run()
        }
    }
}
