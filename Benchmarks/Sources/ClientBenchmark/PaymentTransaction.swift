import LibPQ

/// The transaction of docs/protocol.md around the handler of the sample service. Clients/payment.pgbench and the Python
/// clients send the same statements with the same values: change all of them or none.
struct PaymentTransaction {
    private let key: String
    private let account: Int

    private static let scope = "bench"
    private static let fingerprint = bytes(32)
    private static let headers = bytes(120)
    private static let body = bytes(250)

    private static func bytes(_ count: Int) -> [UInt8] { Array(repeating: UInt8(ascii: "x"), count: count) }

    /// - Parameter numbers: not the system's generator, which asks the kernel each time; the other clients' do not.
    init(using numbers: inout some RandomNumberGenerator) {
        // Twelve digits, so that pgbench, whose variables are numbers, can make it too.
        key = String(Int.random(in: 100_000_000_000...999_999_999_999, using: &numbers))
        account = Int.random(in: 1...1000, using: &numbers)
    }

    /// Four round trips: claim, two statements of the handler, outcome with COMMIT. What the engine does.
    func run(on connection: PostgresConnection) async throws {
        let transaction = try await connection.begin()
        try await claimAndPay(in: transaction)
        try await connection.commit(transaction, after: [storeOutcome])
    }

    /// Five round trips: `withTransaction` cannot know which statement is the last, so that COMMIT goes alone.
    func run(on pool: PostgresPool) async throws {
        try await pool.withTransaction { transaction in
            try await claimAndPay(in: transaction)
            try await transaction.execute(storeOutcome)
        }
    }

    private func claimAndPay(in transaction: PostgresTransaction) async throws {
        let (inserted, stored) = try await transaction.pipeline(claim, look)
        guard inserted.affectedRows == 1, stored.count == 1 else { throw UnexpectedAnswer() }
        _ = try stored[0].decode(([UInt8], Int?, [UInt8]?, [UInt8]?, Bool).self)
        try await transaction.execute(debit)
        _ = try await transaction.queryRow(insertPayment).decode(String.self)
    }

    private var claim: PostgresQuery {
        """
        INSERT INTO idempotency.keys (scope, key_id, fingerprint, expires_at)
        VALUES (\(Self.scope), ('00000000-0000-8000-8000-' || \(key))::uuid, \(Self.fingerprint), now() + \(86_400.0) * interval '1 second')
        ON CONFLICT (scope, key_id) DO NOTHING
        """
    }

    private var look: PostgresQuery {
        """
        SELECT fingerprint, status, headers, body, expires_at <= clock_timestamp()
        FROM idempotency.keys WHERE scope = \(Self.scope) AND key_id = ('00000000-0000-8000-8000-' || \(key))::uuid
        """
    }

    private var debit: PostgresQuery {
        "UPDATE accounts SET balance = balance - \(1) WHERE tenant = \(Self.scope) AND id = \(account)"
    }

    private var insertPayment: PostgresQuery {
        """
        INSERT INTO payments (tenant, account_id, amount, currency, reference)
        VALUES (\(Self.scope), \(account), \(1), \("EUR"), \(key)) RETURNING id::text
        """
    }

    private var storeOutcome: PostgresQuery {
        """
        UPDATE idempotency.keys SET status = \(201)::int2, headers = \(Self.headers), body = \(Self.body)
        WHERE scope = \(Self.scope) AND key_id = ('00000000-0000-8000-8000-' || \(key))::uuid AND status IS NULL
        """
    }

    /// A key was taken, which among so many happens to nobody: the measurement is void.
    struct UnexpectedAnswer: Error {}
}
