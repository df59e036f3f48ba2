import EmbeddedPostgres
import Foundation
import Idempotency
import LibPQ
import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A temporary PostgreSQL, with a role and a database for the service, and a way in that no fault touches.
struct SoakDatabase: Sendable {
    /// For the service; as its own role, past no proxy.
    let serviceURL: String
    private let server: EmbeddedPostgres
    private let pool: PostgresPool

    /// Accounts 1 to `large` are never empty; the small ones behind them soon are.
    static let large: Int64 = 20
    static let small: Int64 = 4
    private static let largeBalance: Int64 = 1_000_000_000_000
    private static let smallBalance: Int64 = 5000

    private static let role = "payments"
    private static let scope = "soak"

    /// Starts the server. Nothing is behind it yet: the service applies its own migrations.
    static func start() async throws -> SoakDatabase {
        var logger = Logger(label: "soak")
        logger.logLevel = .error  // that it ends and starts again is the plan
        let server = try await EmbeddedPostgres.start(.temporary, logger: logger)
        do {
            let password = String(UInt64.random(in: .min ... .max), radix: 36)
            let connection = try await PostgresConnection.connect(PostgresConnection.Configuration(url: server.url))
            for statement in [
                "CREATE ROLE \(role) LOGIN PASSWORD '\(password)'",
                // What the README says about liveness, with shorter times, so that a run sees many.
                "ALTER ROLE \(role) SET idle_in_transaction_session_timeout = '3s'",
                "ALTER ROLE \(role) SET tcp_user_timeout = '5s'",
                "ALTER ROLE \(role) SET tcp_keepalives_idle = '5s'",
                "ALTER ROLE \(role) SET client_connection_check_interval = '1s'",
                "CREATE DATABASE \(role) OWNER \(role)",
            ] {
                try await connection.execute("\(unescaped: statement)")
            }
            await connection.close()
            guard var url = URLComponents(string: server.url) else { throw POSIXError(.EINVAL) }
            url.path = "/\(role)"
            guard let ownURL = url.string else { throw POSIXError(.EINVAL) }
            (url.user, url.password) = (role, password)
            guard let serviceURL = url.string else { throw POSIXError(.EINVAL) }
            var configuration = try PostgresPool.Configuration(url: ownURL)
            configuration.maximumConnections = 2
            return SoakDatabase(
                serviceURL: serviceURL, server: server, pool: PostgresPool(configuration: configuration, logger: logger)
            )
        } catch {
            try? await server.stop(.immediate)
            throw error
        }
    }

    func stop() async {
        await pool.close()
        try? await server.stop(.immediate)
    }

    /// Opens the accounts, once the migrations are applied.
    func openAccounts() async throws {
        try await pool.execute(
            """
            INSERT INTO accounts (id, tenant, balance, currency)
            SELECT id, \(Self.scope), CASE WHEN id <= \(Self.large) THEN \(Self.largeBalance) ELSE \(Self.smallBalance) END, 'EUR'
            FROM generate_series(1, \(Self.large + Self.small)) AS id
            """)
    }

    // MARK: Faults

    /// - Parameter choice: which of the sessions; those that do something come first.
    /// - Returns: whether there was one.
    func terminateBackend(_ choice: UInt64) async -> Bool {
        let choice = Int64(choice % UInt64(Int64.max))
        let rows = try? await pool.query(
            """
            WITH sessions AS (
              SELECT pid, row_number() OVER (ORDER BY state = 'idle', pid) - 1 AS number,
                     greatest(1, count(*) FILTER (WHERE state <> 'idle') OVER ()) AS busy
              FROM pg_stat_activity WHERE usename = \(Self.role))
            SELECT pg_terminate_backend(pid) FROM sessions WHERE number = \(choice) % busy
            """)
        return rows.map { !$0.isEmpty } ?? false
    }

    /// Ends PostgreSQL and starts it again.
    func restart(by end: PlannedFault.DatabaseEnd) async throws {
        switch end {
        case .fast: break  // as restart() does it
        case .immediate: _ = Foundation.kill(server.processID, SIGQUIT)
        case .kill: try await server.kill()
        }
        try await server.restart()
    }

    // MARK: Reading

    /// Sessions of the service that are in a transaction, whatever they wait for.
    func openTransactions() async throws -> Int {
        try await pool.queryRow(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE usename = \(Self.role) AND backend_type = 'client backend' AND xact_start IS NOT NULL
              AND pid <> pg_backend_pid()
            """
        ).decode(Int.self)
    }

    /// Reads what the checker compares, but for ``openTransactions()``.
    /// - Parameter keys: that clients have sent.
    func books(of keys: [String]) async throws -> Books {
        var books = Books()
        for row in try await pool.query("SELECT id::text, account_id, amount, reference FROM payments") {
            let (id, account, amount, reference) = try row.decode((String, Int64, Int64, String?).self)
            books.payments.append(Books.Payment(id: id, account: account, amount: amount, reference: reference))
        }
        for row in try await pool.query("SELECT id::text, payment_id::text, amount FROM refunds") {
            let (id, payment, amount) = try row.decode((String, String, Int64).self)
            books.refunds.append(Books.Refund(id: id, payment: payment, amount: amount))
        }
        for row in try await pool.query("SELECT id, balance FROM accounts") {
            let (id, balance) = try row.decode((Int64, Int64).self)
            let opening = id <= Self.large ? Self.largeBalance : Self.smallBalance
            books.accounts.append(Books.Account(id: id, opening: opening, balance: balance))
        }
        let names = Dictionary(
            uniqueKeysWithValues: try keys.map { (KeyID(try IdempotencyKey($0)).uuid, $0) })
        for row in try await pool.query("SELECT scope, key_id, status, body FROM idempotency.keys") {
            let (scope, id, status, body) = try row.decode((String, UUID, Int?, [UInt8]?).self)
            guard scope == Self.scope, let key = names[id] else {
                books.strayKeys += 1
                continue
            }
            books.stored[key] = Books.StoredKey(status: status, body: String(decoding: body ?? [], as: UTF8.self))
        }
        return books
    }
}
