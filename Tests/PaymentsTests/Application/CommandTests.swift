import LibPQ
import PaymentsSupport
import TestSupport
import Testing

@Suite("The program", .serialized, .timeLimit(.minutes(3)))
struct CommandTests {
    @Test("migrate applies what is pending, once")
    func migrate() async throws {
        try await withTestDatabase { database in
            let environment = PaymentsService.environment(database)
            let first = try await PaymentsProcess.run(environment, arguments: ["migrate"])
            #expect(first.code == 0)
            #expect(first.output.contains("applied idempotency/0001_idempotency_keys\n"))
            #expect(first.output.contains("applied payments/0001_payments\n"))
            let second = try await PaymentsProcess.run(environment, arguments: ["migrate"])
            #expect(second.code == 0)
            #expect(second.output == "nothing to apply\n")
        }
    }

    @Test("seed opens accounts 1 to N in an empty database")
    func seed() async throws {
        try await withTestDatabase { database in
            let environment = PaymentsService.environment(database)
            let first = try await PaymentsProcess.run(
                environment, arguments: ["seed", "--accounts", "5", "--balance", "700"])
            #expect(first.code == 0)
            #expect(first.output.contains("accounts 1 to 5 for demo"))
            let second = try await PaymentsProcess.run(
                environment, arguments: ["seed", "--accounts", "2", "--balance", "1", "--tenant", "acme"])
            #expect(second.output.contains("accounts 6 to 7 for acme"))
            let rows = try await database.pool.query("SELECT id, tenant, balance FROM accounts ORDER BY id")
                .decode((Int64, String, Int64).self)
            #expect(rows.map(\.0) == Array(1...7))
            #expect(rows[4].1 == "demo" && rows[4].2 == 700)
            #expect(rows[6].1 == "acme" && rows[6].2 == 1)
        }
    }

    @Test("serve --no-migrate leaves an empty database empty, and is not ready")
    func noMigrate() async throws {
        try await withTestDatabase { database in
            let process = try await PaymentsProcess.serve(
                PaymentsService.environment(database), arguments: ["serve", "--no-migrate"])
            let tables = try? await database.pool.queryRow("SELECT to_regclass('payments') IS NULL").decode(Bool.self)
            await process.dispose()
            #expect(tables == true)
        }
    }

    @Test(
        "A failure at start is one sentence on stderr and exit code 1",
        arguments: [
            (["DATABASE_URL": "postgresql://u:hush@127.0.0.1:1/x", "PAYMENTS_AUTH": "off"], "cannot use the database"),
            (["DATABASE_URL": "postgresql://u:hush@127.0.0.1:1/x"], "PAYMENTS_API_TOKENS"),
            (["DATABASE_URL": "nonsense hush", "PAYMENTS_AUTH": "off"], "DATABASE_URL"),
            (["POOL": "many"], "POOL"),
        ])
    func failures(environment: [String: String], words: String) async throws {
        let (code, output, errors) = try await PaymentsProcess.run(environment)
        #expect(code == 1)
        #expect(output.isEmpty)
        #expect(errors.hasPrefix("payments: ") && errors.contains(words))
        #expect(errors.split(separator: "\n").count == 1)
        #expect(!errors.contains("hush"))
    }

    @Test("A port that is taken: one sentence and exit code 1")
    func portTaken() async throws {
        try await withPayments { service in
            let port = try #require(service.process.url.split(separator: ":").last)
            let environment = PaymentsService.environment(service.database).merging(["PORT": String(port)]) { $1 }
            let (code, _, errors) = try await PaymentsProcess.run(environment)
            #expect(code == 1)
            #expect(errors == "payments: cannot listen on 127.0.0.1:\(port): Address already in use\n")
        }
    }
}
