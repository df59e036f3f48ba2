import Foundation
import LibPQ
import SQLMigrations
import TestSupport
import Testing

@Suite("The migrations of this repository")
struct ShippedMigrationsTests {
    static let payments = CompiledMigrationsTests.root.appendingPathComponent("migrations/payments").path

    @Test("go up, down and up again, and leave nothing behind")
    func roundTrip() async throws {
        for set in [MigrationSet.idempotency, try MigrationSet(name: "payments", directory: Self.payments)] {
            try await withTestDatabase { database in
                let connection = try await database.connect()
                let migrator = Migrator(set: set)
                #expect(try await migrator.up(on: connection).count == set.migrations.count)
                #expect(try await migrator.down(steps: .max, on: connection).count == set.migrations.count)
                let left = try await connection.queryRow(
                    """
                    SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'idempotency')
                         + (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
                    """
                ).decode(Int.self)
                #expect(left == 0)
                #expect(try await migrator.up(on: connection).count == set.migrations.count)
            }
        }
    }

    @Test("store an outcome without touching an index: the UPDATE is HOT")
    func hot() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let connection = try await database.connect()
            try await connection.withTransaction { transaction in
                try await transaction.execute(
                    """
                    INSERT INTO idempotency.keys (scope, key_id, fingerprint, expires_at)
                    SELECT 'demo', gen_random_uuid(), '\\x00', now() + '1 day' FROM generate_series(1, 10)
                    """
                )
                try await transaction.execute(
                    "UPDATE idempotency.keys SET status = 201, headers = '\\x00', body = '\\x00'")
                let (all, hot) = try await transaction.queryRow(
                    """
                    SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_all_tables
                    WHERE relid = 'idempotency.keys'::regclass
                    """
                ).decode((Int, Int).self)
                #expect(all == 10)
                #expect(hot == 10)
            }
        }
    }

    @Test(
        "name the constraint that refuses a wrong row of the sample",
        arguments: [
            (
                "INSERT INTO accounts (tenant, balance, currency) VALUES ('a', -1, 'EUR')",
                "accounts_balance_not_negative"
            ),
            ("INSERT INTO accounts (tenant, balance, currency) VALUES ('', 1, 'EUR')", "accounts_tenant_not_empty"),
            ("INSERT INTO accounts (tenant, balance, currency) VALUES ('a', 1, 'eur')", "accounts_currency_code"),
            ("UPDATE accounts SET balance = balance - 101", "accounts_balance_not_negative"),
            (payment("'acme', 1, 0, NULL"), "payments_amount_positive"),
            (payment("'globex', 1, 5, NULL"), "payments_account_fkey"),
            (payment("'acme', 2, 5, NULL"), "payments_account_fkey"),
            (payment("'acme', 1, 5, repeat('ä', 141)"), "payments_reference_length"),
            ("INSERT INTO refunds (payment_id, amount) VALUES (gen_random_uuid(), 1)", "refunds_payment_fkey"),
            ("INSERT INTO refunds (payment_id, amount) VALUES (gen_random_uuid(), 0)", "refunds_amount_positive"),
        ]
    )
    func constraints(sql: String, constraint: String) async throws {
        try await withTestDatabase(migrations: MigrationSet(name: "payments", directory: Self.payments)) { database in
            let pool = database.pool
            let id = try await pool.queryRow(
                "INSERT INTO accounts (tenant, balance, currency) VALUES ('acme', 100, 'EUR') RETURNING id"
            ).decode(Int.self)
            #expect(id == 1)
            try await pool.execute(PostgresQuery(unescaped: Self.payment("'acme', 1, 100, repeat('ä', 140)")))
            let error = try await #require(throws: PostgresError.self) {
                try await pool.execute(PostgresQuery(unescaped: sql))
            }
            #expect(error.constraint == constraint)
        }
    }

    static func payment(_ values: String) -> String {
        "INSERT INTO payments (tenant, account_id, amount, reference, currency) VALUES (\(values), 'EUR')"
    }
}
