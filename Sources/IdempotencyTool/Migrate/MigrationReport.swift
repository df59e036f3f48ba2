import SQLMigrations

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a migrate command has to say, in both formats.
struct MigrationReport: Encodable {
    struct Entry: Encodable {
        var version: Int
        var name: String
        var state: String
        var sha256: String
        var appliedAt: String?
        var problem: String?

        enum CodingKeys: String, CodingKey {
            case version, name, state, sha256
            case appliedAt = "applied_at"
            case problem
        }
    }

    let set: String
    let migrations: [Entry]

    /// What was found.
    init(set: String, status: [MigrationStatus]) {
        self.set = set
        migrations = status.map { status in
            Entry(
                version: status.version, name: status.name, state: status.state.rawValue, sha256: status.checksum,
                appliedAt: status.appliedAt.map { $0.formatted(.iso8601) }, problem: status.problem)
        }
    }

    /// What was done: `state` is `applied` or `reverted`.
    init(set: String, migrations: [Migration], state: String) {
        self.set = set
        self.migrations = migrations.map { migration in
            Entry(version: migration.version, name: migration.name, state: state, sha256: migration.checksum)
        }
    }

    /// - Parameter nothing: What a person reads when there is no migration to list.
    func text(in format: OutputFormat, nothing: String) throws -> String {
        switch format {
        case .json:
            return try json()
        case .table:
            guard !migrations.isEmpty else {
                return nothing
            }
            var table = Table(header: ["MIGRATION", "STATE", "APPLIED AT"])
            table.rows = migrations.map { [$0.name, $0.state, $0.appliedAt ?? ""] }
            return ([table.text] + migrations.compactMap(\.problem)).joined(separator: "\n")
        }
    }
}
