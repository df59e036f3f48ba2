import Idempotency
import IdempotencyTesting
import LibPQ
import Synchronization
import TestSupport
import Testing

/// `expectIdempotent` with work of the engine.
@Suite("Work that is expected to be idempotent", .timeLimit(.minutes(3)))
struct WorkTests {
    @Test("a payment in the transaction passes, with a cut on both sides of every statement")
    func passes() async throws {
        let report = try await expectIdempotent(prepare: Shop.prepare) { _, transaction in
            try await Shop.pay(transaction)
        }
        #expect(report.missed == [])
        let statements = report.cuts.filter { $0.moment == .beforeAnswer }.map { $0.statement.prefix { $0 != " " } }
        #expect(statements == ["BEGIN", "INSERT", "SELECT", "UPDATE", "INSERT", "UPDATE", "COMMIT"])
        #expect(report.cuts.count == 2 * statements.count)
    }

    @Test("a write through the pool instead of the transaction is caught at that statement, and named with its row")
    func outside() async throws {
        let error = await #expect(throws: IdempotencyTestingError.self) {
            try await expectIdempotent(prepare: Shop.prepare) { pool, transaction in
                try await transaction.execute("UPDATE accounts SET balance = balance - 100 WHERE id = 1")
                try await pool.execute("INSERT INTO payments (account_id, amount) VALUES (1, 100)")
                return Outcome(status: 204)
            }
        }
        #expect(error?.code == .notIdempotent)
        #expect(error?.cut?.statement == "INSERT INTO payments (account_id, amount) VALUES (1, 100)")
        #expect(error?.cut?.number == 5 && error?.cut?.moment == .beforeAnswer)
        let row = "(id: new, account_id: 1, amount: 100, made_at: new)"
        #expect(error?.differences.map(\.description) == ["payments: a row too many: \(row)"])
        #expect(error?.description.contains("after the server had executed statement 5") == true)
    }

    @Test("an update through the pool is caught with the row that it changed twice")
    func outsideUpdate() async throws {
        let error = await #expect(throws: IdempotencyTestingError.self) {
            try await expectIdempotent(prepare: Shop.prepare) { pool, transaction in
                try await pool.execute("UPDATE accounts SET balance = balance - 100 WHERE id = 2")
                return Outcome(status: 204)
            }
        }
        #expect(
            error?.differences.map(\.description)
                == ["accounts: a row differs: (id: 2) balance 800 instead of 900"])
    }

    @Test("an answer that no other run gives is no false alarm: it is stored")
    func randomAnswer() async throws {
        try await expectIdempotent(prepare: Shop.prepare) { _, transaction in
            _ = try await Shop.pay(transaction)
            return Outcome(status: 201, body: Array("\(UInt64.random(in: 0 ... .max))".utf8))
        }
    }

    @Test("a refusal that is stored passes, also as 409")
    func refusal() async throws {
        try await expectIdempotent(prepare: Shop.prepare) { _, _ in Outcome(status: 409) }
    }

    @Test("a value that each run makes up is told as such, and passes when it is ignored")
    func madeUp() async throws {
        @Sendable func work(_ pool: PostgresPool, _ transaction: PostgresTransaction) async throws -> Outcome {
            let amount = Int64.random(in: 1...(.max))
            try await transaction.execute("INSERT INTO payments (account_id, amount) VALUES (1, \(amount))")
            return Outcome(status: 204)
        }
        let error = await #expect(throws: IdempotencyTestingError.self) {
            try await expectIdempotent(prepare: Shop.prepare, work: work)
        }
        #expect(error?.code == .nondeterministic)
        #expect(error?.differences.map(\.table) == ["payments", "payments"])
        try await expectIdempotent(ignoring: ["payments.amount"], prepare: Shop.prepare, work: work)
    }

    @Test("a column that does not exist cannot be ignored")
    func unknownColumn() async throws {
        let error = await #expect(throws: IdempotencyTestingError.self) {
            try await expectIdempotent(ignoring: ["payments.created_at"], prepare: Shop.prepare) { _, _ in
                Outcome(status: 204)
            }
        }
        #expect(error?.code == .unknownColumn)
        #expect(error?.message.contains("payments.created_at") == true)
    }

    @Test("work that fails undisturbed is told as such, with its error")
    func fails() async throws {
        let error = await #expect(throws: IdempotencyTestingError.self) {
            try await expectIdempotent { _, transaction in
                try await transaction.execute("INSERT INTO nowhere DEFAULT VALUES")
                return Outcome(status: 204)
            }
        }
        #expect(error?.code == .requestFailed)
        #expect((error?.underlying as? PostgresError)?.sqlState == .undefinedTable)
        let answer = await #expect(throws: IdempotencyTestingError.self) {
            try await expectIdempotent { _, _ in Outcome(status: 503) }
        }
        #expect(answer?.code == .requestFailed && answer?.message.contains("503") == true)
    }

    @Test("it works on a server of the user's, and drops what it made there")
    func server() async throws {
        try await withTestDatabase { database in
            let made = Mutex<Set<String>>([])
            @Sendable func note(_ connection: some PostgresQueryable) async throws {
                let name = try await connection.queryRow("SELECT current_database()::text").decode(String.self)
                _ = made.withLock { $0.insert(name) }
            }
            try await expectIdempotent(server: database.url) { connection in
                try await Shop.prepare(connection)
                try await note(connection)
            } work: { _, transaction in
                try await note(transaction)
                return try await Shop.pay(transaction)
            }
            let names = Array(made.withLock { $0 })
            #expect(names.count > 10)
            let left = try await database.pool.query(
                "SELECT datname::text FROM pg_database WHERE datname = ANY (\(names))"
            ).decode(String.self)
            #expect(left == [])
        }
    }

    @Test("a server that is not there is the database's error")
    func noServer() async throws {
        await #expect(throws: PostgresError.self) {
            try await expectIdempotent(server: "postgres://127.0.0.1:1/none") { _, _ in Outcome(status: 204) }
        }
    }
}
