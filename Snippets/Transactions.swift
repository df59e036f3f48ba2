// Transactions, savepoints, pipelines.

import LibPQ

struct InsufficientFunds: Error {}

func examples(pool: PostgresPool, connection: PostgresConnection, amount: Int, from: Int, to: Int) async throws {
    // snippet.transaction
    try await pool.withTransaction { transaction in
        try await transaction.execute("UPDATE accounts SET balance = balance + \(amount) WHERE id = \(to)")
        let left = try await transaction.queryRow(
            "UPDATE accounts SET balance = balance - \(amount) WHERE id = \(from) RETURNING balance"
        ).decode(Int.self)
        if left < 0 { throw InsufficientFunds() }  // rolled back, and thrown to the caller as it is
    }
    // snippet.end

    // snippet.options
    let report = TransactionOptions(isolationLevel: .repeatableRead, isReadOnly: true)
    let total = try await pool.withTransaction(report) { transaction in
        try await transaction.queryRow("SELECT sum(balance)::int8 FROM accounts").decode(Int.self)
    }
    // snippet.end

    try await pool.withTransaction { transaction in
        // snippet.savepoint
        do {
            try await transaction.withSavepoint {
                _ = try await transaction.execute("INSERT INTO accounts (id, balance) VALUES (\(to), 0)")
            }
        } catch let error as PostgresError where error.sqlState == .uniqueViolation {
            // It exists; the transaction goes on.
        }
        // snippet.end

        // snippet.pipeline
        let (account, limits) = try await transaction.pipeline(
            "SELECT balance FROM accounts WHERE id = \(from)",
            "SELECT daily FROM limits WHERE account = \(from)")
        // snippet.end
        print(account.count, limits.count)
    }

    // snippet.retry
    func retried<T: Sendable>(
        attempts: Int = 3, _ work: @Sendable (PostgresTransaction) async throws -> T
    ) async throws -> T {
        for _ in 1..<attempts {
            do {
                return try await pool.withTransaction(TransactionOptions(isolationLevel: .serializable), work)
            } catch let error as PostgresError where error.sqlState?.isTransactionRetryable == true {
                continue  // 40001 or 40P01: somebody else was faster
            }
        }
        return try await pool.withTransaction(TransactionOptions(isolationLevel: .serializable), work)
    }
    // snippet.end

    // snippet.explicit
    let transaction = try await connection.begin()
    try await transaction.execute("DELETE FROM accounts WHERE balance = 0")
    // The last statements travel with COMMIT: one round trip.
    try await connection.commit(transaction, after: ["INSERT INTO log (entry) VALUES ('swept')"])
    // snippet.end
    print(total, try await retried { try await $0.execute("SELECT 1") })
}
