import HTTPTypes
import Idempotency
import LibPQ

/// The business of these tests: accounts 1 and 2 of 1000 each, and payments from them.
enum Shop {
    static func prepare(_ connection: PostgresConnection) async throws {
        try await connection.execute(
            "CREATE TABLE accounts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, balance bigint NOT NULL)")
        try await connection.execute(
            """
            CREATE TABLE payments (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(), account_id bigint NOT NULL REFERENCES accounts,
                amount bigint NOT NULL, made_at timestamptz NOT NULL DEFAULT now())
            """)
        try await connection.execute("INSERT INTO accounts (balance) VALUES (1000), (1000)")
    }

    /// Pays 100 from account 1, and answers with the payment's id, which is another in each run.
    static func pay(_ connection: some PostgresQueryable) async throws -> Outcome {
        try await connection.execute("UPDATE accounts SET balance = balance - 100 WHERE id = 1")
        let id = try await connection.queryRow(
            "INSERT INTO payments (account_id, amount) VALUES (1, 100) RETURNING id::text"
        ).decode(String.self)
        return Outcome(status: 201, headers: [.location: "/payments/\(id)"], body: Array(id.utf8))
    }
}
