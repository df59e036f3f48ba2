import LibPQ
import TestSupport
import Testing

@testable import Idempotency

/// Transactions of other tests, which run on the same server, come first as long as they are older: hence the waiting.
@Suite("Horizon holder", .timeLimit(.minutes(2)))
struct HorizonHolderTests {
    private func holder(seenFrom database: some PostgresQueryable) async throws -> HorizonHolder? {
        try Ledger.horizonHolder(try await database.query(Ledger.horizon))
    }

    /// The holder, once it is this session.
    private func holder(_ processID: Int, seenFrom database: some PostgresQueryable) async throws -> HorizonHolder {
        var found: HorizonHolder?
        try await waitUntil("session \(processID) is the holder", deadline: .seconds(30)) {
            found = try await holder(seenFrom: database)
            return found?.name == "session \(processID)"
        }
        return try #require(found)
    }

    /// The newest transaction ID moves on, as it does when keys are purged.
    private func commitSomething(in pool: PostgresPool) async throws {
        try await pool.execute("CREATE TABLE IF NOT EXISTS something (id int)")
        for id in 1...3 { try await pool.execute("INSERT INTO something VALUES (\(id))") }
    }

    private func processID(_ transaction: PostgresTransaction) async throws -> Int {
        try await transaction.queryRow("SELECT pg_backend_pid()").decode(Int.self)
    }

    @Test("is a reader whose transaction began before others committed, with its state and age")
    func reader() async throws {
        try await withTestDatabase { database in
            let reader = try await database.connect()
            let pid = try await reader.withTransaction(.init(isolationLevel: .repeatableRead)) { transaction in
                let pid = try await processID(transaction)
                try await commitSomething(in: database.pool)
                let found = try await holder(pid, seenFrom: database.pool)
                #expect(found.state == "idle in transaction")
                #expect(try #require(found.heldFor) > .zero)
                #expect(found.seenAt > .seconds(1_700_000_000))
                try await commitSomething(in: database.pool)
                #expect(try await holder(pid, seenFrom: database.pool).xid == found.xid)
                return pid
            }
            #expect(try await holder(seenFrom: database.pool)?.name != "session \(pid)")
            await reader.close()
        }
    }

    @Test("is the owner of the oldest transaction, not one of the many whose snapshots go back to it")
    func owner() async throws {
        try await withTestDatabase { database in
            try await commitSomething(in: database.pool)
            let writer = try await database.connect()
            let reader = try await database.connect()
            try await waitUntil(
                "no older transaction is left, and the reader's snapshot goes back to the writer",
                deadline: .seconds(30)
            ) {
                try await reader.withTransaction(.init(isolationLevel: .repeatableRead)) { reading in
                    // Begins before the writer does, but takes no snapshot yet.
                    try await reading.execute("SET LOCAL application_name = 'reader'")
                    return try await writer.withTransaction { writing in
                        let xid = try await writing.queryRow("SELECT pg_current_xact_id()::text").decode(String.self)
                        let pid = try await processID(writing)
                        let oldest = try await reading.queryRow("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
                            .decode(String.self)
                        guard oldest == xid else { return false }
                        try await commitSomething(in: database.pool)
                        let found = try await holder(seenFrom: database.pool)
                        #expect(found?.name == "session \(pid)")
                        return true
                    }
                }
            }
            await writer.close()
            await reader.close()
        }
    }

    @Test("is in another database only if it has a transaction ID, which snapshots of this one go back to")
    func otherDatabase() async throws {
        try await withTestDatabase { database in
            try await withTestDatabase { other in
                let stranger = try await other.connect()
                try await stranger.withTransaction(.init(isolationLevel: .repeatableRead)) { transaction in
                    let pid = try await processID(transaction)
                    try await commitSomething(in: database.pool)
                    #expect(try await holder(seenFrom: database.pool)?.name != "session \(pid)")
                    try await transaction.execute("CREATE TABLE something (id int)")
                    try await commitSomething(in: database.pool)
                    _ = try await holder(pid, seenFrom: database.pool)
                }
                await stranger.close()
            }
        }
    }

    @Test("is seen by a role without privileges, but not its state or age")
    func unprivileged() async throws {
        try await withTestDatabase { database in
            let role = database.name
            try await database.pool.execute("CREATE ROLE \(unescaped: role)")
            let observer = try await database.connect()
            try await observer.execute("SET ROLE \(unescaped: role)")
            let reader = try await database.connect()
            try await reader.withTransaction(.init(isolationLevel: .repeatableRead)) { transaction in
                let pid = try await processID(transaction)
                try await commitSomething(in: database.pool)
                let found = try await holder(pid, seenFrom: observer)
                #expect(found.state == nil)
                #expect(found.heldFor == nil)
            }
            await reader.close()
            await observer.close()
            try await database.pool.execute("DROP ROLE \(unescaped: role)")
        }
    }
}
