internal import LibPQ

/// What a table of keys holds, counted.
package struct KeyStatistics: Sendable, Hashable {
    /// Keys of one state whose answers' statuses begin with one digit.
    package struct Kind: Sendable, Hashable {
        package let state: KeyRecord.State
        /// 2 for 200 to 299, and so on; nil: without answer.
        package let statusClass: Int?
        package let keys: Int
        /// Of all their answers, in bytes.
        package let size: Int
    }

    /// Answers under one encryption key.
    package struct Seal: Sendable, Hashable {
        /// The name of the encryption key; nil: stored as they are.
        package let key: String?
        package let answers: Int
    }

    /// A session whose open transaction has claimed a key, or removes some.
    package struct Claim: Sendable, Hashable {
        package let processID: Int
        package let application: String?
        /// As in `pg_stat_activity`; nil where this role may not see it.
        package let state: String?
        /// For how long its transaction has been open; nil where this role may not see it.
        package let age: Duration?
    }

    package let kinds: [Kind]
    package let seals: [Seal]
    package let claims: [Claim]
    /// With TOAST and maps, in bytes.
    package let tableSize: Int
    /// Of all indexes, in bytes.
    package let indexSize: Int
    /// Row versions that vacuum has yet to remove, as PostgreSQL estimates them.
    package let deadRows: Int

    init(
        kinds: PostgresRows, seals: PostgresRows, claims: PostgresRows, table: PostgresRows
    ) throws(PostgresError) {
        self.kinds = try kinds.decode((KeyRecord.State, Int?, Int, Int).self).map {
            Kind(state: $0, statusClass: $1, keys: $2, size: $3)
        }
        self.seals = try seals.decode((String?, Int).self).map { Seal(key: $0, answers: $1) }
        self.claims = try claims.decode((Int, String?, String?, Double?).self).map {
            Claim(processID: $0, application: $1, state: $2, age: $3.map { .seconds($0) })
        }
        (tableSize, indexSize, deadRows) = try table.decode((Int, Int, Int).self).first ?? (0, 0, 0)
    }
}
