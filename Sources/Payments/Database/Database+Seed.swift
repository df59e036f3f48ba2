import LibPQ

extension Database {
    /// The currency of accounts that are opened for trying things out.
    static let seedCurrency = "EUR"

    /// The balance of the accounts in a fresh embedded database, in minor units.
    private static let embeddedBalance: Int64 = 1_000_000

    /// Accounts 1 to 100 for `acme` and 101 to 200 for `globex`, if there is no account at all.
    func seedIfEmpty() async throws {
        try await pool.withTransaction { transaction in
            // Two instances may start at once on one directory: the second waits and finds the accounts.
            try await transaction.execute("LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE")
            guard try await transaction.queryRow("SELECT NOT EXISTS (SELECT FROM accounts)").decode(Bool.self) else {
                return
            }
            // The ids are part of the contract, so that they are given and not drawn: a failed attempt may have used up numbers.
            for (tenant, first, last) in [("acme", Int64(1), Int64(100)), ("globex", 101, 200)] {
                try await transaction.execute(
                    """
                    INSERT INTO accounts (id, tenant, balance, currency)
                    SELECT id, \(tenant), \(Self.embeddedBalance), \(Self.seedCurrency)
                    FROM generate_series(\(first), \(last)) AS id
                    """)
            }
            try await transaction.execute("SELECT setval(pg_get_serial_sequence('accounts', 'id'), 200)")
        }
    }

    /// Opens accounts with consecutive ids, from 1 in an empty database.
    /// - Returns: the first and the last id.
    func seed(accounts: Int, balance: Int64, tenant: String) async throws -> ClosedRange<Int64> {
        try await pool.withTransaction { transaction in
            try await transaction.execute("LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE")
            try await transaction.copyIn("COPY accounts (tenant, balance, currency) FROM STDIN (FORMAT binary)") {
                copy in
                for _ in 0..<accounts { try await copy.write(tenant, balance, Self.seedCurrency) }
            }
            // Under the lock nobody else has drawn an id meanwhile.
            let last = try await transaction.queryRow("SELECT currval(pg_get_serial_sequence('accounts', 'id'))")
                .decode(Int64.self)
            let first = last - Int64(accounts) + 1
            return first...last
        }
    }
}
