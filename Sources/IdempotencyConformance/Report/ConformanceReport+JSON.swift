#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ConformanceReport {
    private struct Document: Encodable {
        struct Line: Encodable {
            let id: String
            let level: String
            let result: String
            let expected: String
            let came: String
            let source: String
        }

        let profile: String
        let url: String
        let endpoint: String
        let failures: Int
        let checks: [Line]
    }

    /// For scripts. Fields are added, never renamed.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(
            profile: profile.rawValue, url: url, endpoint: "\(endpoint.method):\(endpoint.path)", failures: failures,
            checks: findings.map {
                .init(
                    id: $0.check.id, level: $0.level.rawValue, result: $0.result.rawValue, expected: $0.check.demand,
                    came: $0.came, source: $0.check.source)
            })
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
