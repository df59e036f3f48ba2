#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// One migration, as the set and the database see it together.
public struct MigrationStatus: Sendable, Hashable {
    /// How the set and the database agree.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// In the set and in the database, and the same.
        case applied
        /// In the set and not yet in the database.
        case pending
        /// Applied, but the file in the set is another one.
        case changed
        /// Applied, but not in the set.
        case missing
        /// In the set and not in the database, although a later one is.
        case outOfOrder = "out-of-order"
    }

    /// The migration's number.
    public let version: Int
    /// `NNNN_name` in the set; when it is missing there, as recorded in the database.
    public let name: String
    /// How the set and the database agree.
    public let state: State
    /// SHA-256 of the set's file; when it is missing there, the recorded one.
    public let checksum: String
    /// When it was applied, by the database's clock; `nil` when it was not.
    public let appliedAt: Date?

    /// What is wrong, as a sentence that names the file; `nil` for ``State/applied`` and ``State/pending``.
    public let problem: String?
}

extension MigrationStatus {
    /// The error that stops `up` and `down`, if there is something wrong.
    var error: MigrationError? {
        guard let problem else {
            return nil
        }
        let code: MigrationError.Code =
            switch state {
            case .changed: .changed
            case .outOfOrder: .outOfOrder
            default: .missing
            }
        return MigrationError(code, problem, migrationFile: "\(name).up.sql")
    }
}
