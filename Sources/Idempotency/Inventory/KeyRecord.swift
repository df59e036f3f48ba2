internal import LibPQ

#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// A stored key as an operator sees it: everything but the key itself, which is stored nowhere, and the answer.
package struct KeyRecord: Sendable, Hashable {
    /// What a retry would find, by the database's clock.
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// An answer.
        case completed
        /// Nothing any more: it is a new request. The purge removes the key.
        case expired
        /// That it is late, and refused.
        case tombstone
    }

    package let scope: String
    package let keyID: KeyID
    package let state: State

    /// The answer's HTTP status; nil for a tombstone that the purge has emptied.
    package let status: Int?

    /// What of the answer is stored; nil for a form that this version does not know.
    package let form: ReplayForm?

    /// The encryption key of the answer; nil: it is stored as it is.
    package let sealedWith: String?

    /// When the key was claimed.
    package let createdAt: Date

    /// When the retention is over.
    package let expiresAt: Date

    /// Until when a retry after the retention is refused; nil: it counts as new.
    package let tombstoneUntil: Date?

    /// The size of header fields and body, in bytes.
    package let size: Int
}

extension KeyRecord {
    /// The columns that ``init(_:)`` reads, of a row of `idempotency.keys`.
    static let columns = """
        scope, key_id, \(state), status, replay_form, sealed_with, created_at, expires_at, tombstone_until, \(size)
        """

    /// The state of a row as SQL.
    static let state = """
        CASE WHEN expires_at > clock_timestamp() AND fingerprint <> '' THEN 'completed'
             WHEN greatest(tombstone_until, expires_at) > clock_timestamp() THEN 'tombstone' ELSE 'expired' END
        """

    /// The size of a row's answer as SQL.
    static let size = "coalesce(octet_length(headers), 0) + coalesce(octet_length(body), 0)"

    init(_ row: PostgresRow) throws(PostgresError) {
        let (scope, id, state, status, form, sealedWith, createdAt, expiresAt, tombstoneUntil, size) =
            try row.decode(
                (
                    String, UUID, State, Int?, Int?, String?, PostgresTimestampTZ, PostgresTimestampTZ,
                    PostgresTimestampTZ?, Int
                ).self)
        self.init(
            scope: scope, keyID: KeyID(uuid: id), state: state, status: status, form: ReplayForm(column: form),
            sealedWith: sealedWith, createdAt: createdAt.orDistant, expiresAt: expiresAt.orDistant,
            tombstoneUntil: tombstoneUntil?.orDistant, size: size)
    }
}

extension KeyRecord.State: PostgresCodable {}
