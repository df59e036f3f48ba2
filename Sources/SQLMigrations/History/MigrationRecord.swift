#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What the database says about a migration that was applied.
struct MigrationRecord: Sendable, Hashable {
    let version: Int
    let name: String
    let checksum: String
    let appliedAt: Date
}
