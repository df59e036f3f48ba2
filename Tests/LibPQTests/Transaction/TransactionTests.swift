import TestSupport
import Testing

@testable import LibPQ

@Suite("A transaction", .serialized, .timeLimit(.minutes(1)))
struct TransactionTests {
    private struct Refused: Error {}

    private func withTable<T>(_ body: (TestDatabase, PostgresConnection) async throws -> T) async throws -> T {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
            return try await body(database, connection)
        }
    }

    private func expect(
        _ ids: [Int], in queryable: some PostgresQueryable, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await queryable.query("SELECT id FROM t ORDER BY id").decode(Int.self)
        #expect(found == ids, sourceLocation: sourceLocation)
    }

    @Test("commits when its body returns, and gives the body's value")
    func commits() async throws {
        try await withTable { database, connection in
            let value = try await connection.withTransaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (1)")
                try await expect([], in: database.pool)
                return "value"
            }
            #expect(value == "value")
            try await expect([1], in: database.pool)
        }
    }

    @Test("rolls back when its body throws, and the error comes out unwrapped")
    func rollsBack() async throws {
        try await withTable { database, connection in
            await #expect(throws: Refused.self) {
                try await connection.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    throw Refused()
                }
            }
            try await expect([], in: connection)
            let error = await postgresError {
                try await connection.withTransaction { try await $0.execute("INSERT INTO t VALUES (1), (1)") }
            }
            #expect(error?.code == .server)
            #expect(error?.sqlState == .uniqueViolation)
            #expect(error?.constraint == "t_pkey")
            #expect(error?.table == "t")
            #expect(error?.schema == "public")
            try await expect([], in: connection)
        }
    }

    @Test("costs two round trips with one statement: BEGIN rides with the first, COMMIT is the second")
    func roundTrips() async throws {
        try await withTable { _, connection in
            var before = await connection.statistics
            try await connection.withTransaction { _ = try await $0.execute("INSERT INTO t VALUES (1)") }
            var after = await connection.statistics
            #expect(after.flushes - before.flushes == 2)
            #expect(after.syncs - before.syncs == 2)
            #expect(after.statements - before.statements == 3)
            #expect(after.commits - before.commits == 1)

            before = after
            let transaction = try await connection.begin()
            let rows = try await connection.commit(transaction, after: ["INSERT INTO t VALUES (2)", "SELECT 7"])
            after = await connection.statistics
            #expect(rows.count == 2)
            #expect(rows[0].affectedRows == 1)
            #expect(try rows[1][0].decode(Int.self) == 7)
            #expect(after.flushes - before.flushes == 1, "BEGIN, the statements and COMMIT in one")
            try await expect([1, 2], in: connection)
        }
    }

    @Test("sends nothing when it is empty")
    func empty() async throws {
        try await withTable { _, connection in
            let before = await connection.statistics
            try await connection.withTransaction { _ in }
            await #expect(throws: Refused.self) { try await connection.withTransaction { _ in throw Refused() } }
            #expect(await connection.statistics == before)
        }
    }

    @Test("does not commit after a failed statement whose error was swallowed")
    func swallowed() async throws {
        try await withTable { _, connection in
            let error = await postgresError {
                try await connection.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    _ = try? await transaction.execute("SELECT 1/0")
                }
            }
            #expect(error?.code == .transactionAborted)
            #expect(error?.sqlState == "22012")
            try await expect([], in: connection)
        }
    }

    @Test("does not take the tag ROLLBACK for a commit")
    func tag() async throws {
        try await withTable { _, connection in
            let error = await postgresError {
                try await connection.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    // Aborts the transaction behind LibPQ's back, so that COMMIT is really sent.
                    try await connection.abortSilently()
                }
            }
            #expect(error?.code == .transactionAborted)
            try await expect([], in: connection)
            #expect(await !connection.isClosed)
        }
    }

    @Test("fails definitely when a deferred constraint fails at COMMIT")
    func deferredConstraint() async throws {
        try await withTable { _, connection in
            try await connection.execute(
                "CREATE TABLE child (id int REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
            let error = await postgresError {
                try await connection.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    try await transaction.execute("INSERT INTO child VALUES (99)")
                }
            }
            #expect(error?.code == .server)
            #expect(error?.sqlState == .foreignKeyViolation)
            #expect(error?.constraint == "child_id_fkey")
            try await expect([], in: connection)
            #expect(await !connection.isClosed)
        }
    }

    @Test("ends unknown when COMMIT comes with a warning 01000, and its connection is closed")
    func warningAtCommit() async throws {
        try await withTable { database, connection in
            try await connection.execute(
                """
                CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN RAISE WARNING ''not confirmed''; RETURN NULL; END'
                """)
            try await connection.execute(
                """
                CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION warn()
                """)
            let error = await postgresError {
                try await connection.withTransaction { try await $0.execute("INSERT INTO t VALUES (1)") }
            }
            #expect(error?.code == .commitUnknown)
            #expect(await connection.isClosed)
            try await expect([1], in: database.pool)
        }
    }

    @Test("is committed although statements in COMMIT's flush warn; what a deferred trigger says is COMMIT's own")
    func warningBeforeCommit() async throws {
        try await withTable { database, connection in
            try await connection.execute(
                """
                CREATE FUNCTION warn() RETURNS int LANGUAGE plpgsql
                AS 'BEGIN RAISE WARNING ''of no importance''; RETURN 1; END'
                """)
            var transaction = try await connection.begin()
            try await connection.commit(transaction, after: ["INSERT INTO t VALUES (1)", "SELECT warn()"])
            try await expect([1], in: connection)

            try await connection.execute(
                """
                CREATE FUNCTION warn_late() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN PERFORM warn(); RETURN NULL; END'
                """)
            try await connection.execute(
                """
                CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION warn_late()
                """)
            transaction = try await connection.begin()
            let error = await postgresError {
                try await connection.commit(transaction, after: ["INSERT INTO t VALUES (2)"])
            }
            #expect(error?.code == .commitUnknown)
            try await expect([1, 2], in: database.pool)
        }
    }

    @Test("refuses transaction control by hand, sends nothing of it, and cannot commit any more")
    func byHand() async throws {
        try await withTable { _, connection in
            let atCommit = await postgresError {
                try await connection.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    let before = await connection.statistics
                    for sql in ["COMMIT", " ;rollback", "/* x */ SAVEPOINT a", "BEGIN", "PREPARE TRANSACTION 'x'"] {
                        let error = await postgresError { try await transaction.execute(PostgresQuery(unescaped: sql)) }
                        #expect(error?.code == .transactionControl)
                        let inPipeline = await postgresError {
                            try await transaction.pipeline("SELECT 1", PostgresQuery(unescaped: sql))
                        }
                        #expect(inPipeline?.code == .transactionControl)
                    }
                    #expect(await connection.statistics == before)
                }
            }
            #expect(atCommit?.code == .transactionAborted)
            try await expect([], in: connection)
            let outside = await postgresError { try await connection.execute("BEGIN") }
            #expect(outside?.code == .transactionControl)
        }
    }

    @Test("cannot be ended by a second statement in one text, nor inside a DO block")
    func smuggled() async throws {
        try await withTable { _, connection in
            for sql in ["INSERT INTO t VALUES (2); COMMIT", "DO $$ BEGIN COMMIT; END $$"] {
                let error = await postgresError {
                    try await connection.withTransaction { transaction in
                        try await transaction.execute("INSERT INTO t VALUES (1)")
                        try await transaction.execute(PostgresQuery(unescaped: sql))
                    }
                }
                #expect(error?.code == .server)
            }
            try await expect([], in: connection)
        }
    }

    @Test("can be rolled back in one round trip with its statements, whose results are returned")
    func rollBackAfter() async throws {
        try await withTestDatabase { database in
            try await database.pool.execute("CREATE TABLE t (id int PRIMARY KEY)")
            let connection = try await database.connect()
            for _ in 1...2 {
                let flushes = await connection.statistics.flushes
                let answers = try await connection.rollBack(
                    try await connection.begin(), after: ["INSERT INTO t VALUES (1)", "SELECT count(*) FROM t"])
                #expect(await connection.statistics.flushes == flushes + 1)
                #expect(answers.count == 2)
                #expect(try answers[1].decode(Int.self) == [1])
                #expect(await connection.isClean)
            }
            let error = await postgresError {
                try await connection.rollBack(
                    try await connection.begin(), after: ["INSERT INTO t VALUES (1)", "SELECT 1 / 0"])
            }
            #expect(error?.sqlState?.rawValue == "22012")
            #expect(await connection.isClean)
            #expect(try await database.pool.queryRow("SELECT count(*) FROM t").decode(Int.self) == 0)
        }
    }

    @Test("has ended when statements that were to be rolled back with it could not be sent")
    func rollBackAfterNothing() async throws {
        try await withTable { _, connection in
            let refused = await postgresError {
                let transaction = try await connection.begin()
                try await transaction.execute("INSERT INTO t VALUES (1)")
                return try await connection.rollBack(transaction, after: ["COMMIT"])
            }
            #expect(refused?.code == .transactionControl)
            #expect(await connection.isClean)
            let cancelled = Task {
                await postgresError {
                    let transaction = try await connection.begin()
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await connection.rollBack(transaction, after: ["INSERT INTO t VALUES (2)"])
                }
            }
            #expect(await cancelled.value?.code == .cancelled)
            #expect(await connection.isClean)
            try await connection.withTransaction { _ = try await $0.execute("INSERT INTO t VALUES (3)") }
            try await expect([3], in: connection)
        }
    }

    @Test(
        "gives up a statement or a stream at its own deadline, and can be rolled back to a savepoint and committed after it"
    )
    func deadline() async throws {
        try await withTestDatabase { database in
            try await database.pool.execute("CREATE TABLE t (id int)")
            let connection = try await database.connect()
            let transaction = try await connection.begin()
            try await transaction.execute("INSERT INTO t VALUES (1)")
            let deadline = ContinuousClock.now + .milliseconds(200)
            let error = await postgresError {
                try await transaction.withSavepoint {
                    await connection.setDeadline(deadline, of: transaction)
                    try await transaction.execute("SELECT pg_sleep(60)", deadline: .now + .seconds(50))
                }
            }
            #expect(error?.code == .timedOut)
            #expect(ContinuousClock.now >= deadline)
            #expect(
                await postgresError { try await transaction.execute("INSERT INTO t VALUES (2)") }?.code == .timedOut)
            let stream = await postgresError { for try await _ in transaction.stream("SELECT 1") {} }
            #expect(stream?.code == .timedOut)
            try await connection.commit(transaction)
            #expect(try await database.pool.query("SELECT id FROM t").decode(Int.self) == [1])
            _ = try await connection.withTransaction { try await $0.execute("INSERT INTO t VALUES (3)") }
        }
    }

    @Test("throws transactionEnded for every use after its end")
    func useAfterEnd() async throws {
        try await withTable { _, connection in
            var kept: [PostgresTransaction] = []
            try await connection.withTransaction { transaction in
                _ = try await transaction.execute("SELECT 1")
                kept.append(transaction)
            }
            await #expect(throws: Refused.self) {
                try await connection.withTransaction { transaction in
                    kept.append(transaction)
                    throw Refused()
                }
            }
            for transaction in kept {
                #expect(await postgresError { try await transaction.execute("SELECT 1") }?.code == .transactionEnded)
                #expect(await postgresError { try await transaction.withSavepoint {} }?.code == .transactionEnded)
                #expect(await postgresError { try await connection.commit(transaction) }?.code == .transactionEnded)
                await connection.rollBack(transaction)
            }
            // Also while another transaction is open on the connection.
            try await connection.withTransaction { open in
                try await open.execute("INSERT INTO t VALUES (1)")
                #expect(await postgresError { try await kept[0].execute("SELECT 1") }?.code == .transactionEnded)
                await connection.rollBack(kept[0])
            }
            try await expect([1], in: connection)
        }
    }

    @Test("is the only one on its connection, and statements go through it")
    func nested() async throws {
        try await withTable { _, connection in
            try await connection.withTransaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (1)")
                #expect(
                    await postgresError { try await connection.withTransaction { _ in } }?.code == .transactionControl)
                #expect(await postgresError { try await connection.execute("SELECT 1") }?.code == .transactionControl)
            }
            try await expect([1], in: connection)
        }
    }

    @Test("is not marked as failed by a statement that began before it")
    func otherFailure() async throws {
        try await withTable { database, connection in
            try await database.pool.withTransaction { holder in
                try await holder.execute("SELECT pg_advisory_xact_lock(1)")
                // Waits for the lock, then fails, while the transaction is being opened.
                async let failing = postgresError {
                    try await connection.execute("SELECT 1 / (SELECT 0 FROM pg_advisory_xact_lock(1))")
                }
                try await database.waitForBlockedSessions()
                let transaction = try await connection.begin()
                try await holder.execute("SELECT pg_cancel_backend(\(await connection.backendProcessID))")
                #expect(await failing?.sqlState == .queryCanceled)
                try await transaction.execute("INSERT INTO t VALUES (1)")
                try await connection.commit(transaction)
            }
            try await expect([1], in: connection)
        }
    }

    @Test("runs statements of several child tasks one after another")
    func childTasks() async throws {
        try await withTable { _, connection in
            try await connection.withTransaction { transaction in
                async let a = transaction.execute("INSERT INTO t VALUES (1)")
                async let b = transaction.execute("INSERT INTO t VALUES (2)")
                async let c = transaction.queryRow("SELECT 3").decode(Int.self)
                #expect(try await (a, b, c) == (1, 1, 3))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for id in 10..<60 {
                        group.addTask { try await transaction.execute("INSERT INTO t VALUES (\(id))") }
                    }
                    try await group.waitForAll()
                }
            }
            try await expect([1, 2] + Array(10..<60), in: connection)
        }
    }

    @Test(
        "runs at the isolation level that was asked for",
        arguments: [
            (TransactionOptions(), "read committed", "off"),
            (TransactionOptions(isolationLevel: .repeatableRead), "repeatable read", "off"),
            (TransactionOptions(isolationLevel: .serializable, isReadOnly: true), "serializable", "on"),
        ])
    func isolationLevels(options: TransactionOptions, level: String, readOnly: String) async throws {
        try await withTestDatabase { database in
            try await database.pool.withTransaction(options) { transaction in
                let shown = try await transaction.queryRow(
                    "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")
                #expect(try shown.decode((String, String).self) == (level, readOnly))
            }
        }
    }

    @Test("commits although its task is cancelled meanwhile")
    func cancelled() async throws {
        try await withTable { database, connection in
            // COMMIT waits: the deferred trigger needs a lock that is held here.
            try await connection.execute(
                """
                CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN PERFORM pg_advisory_xact_lock(5); RETURN NULL; END'
                """)
            try await connection.execute(
                """
                CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION wait()
                """)
            let holder = try await database.connect()
            let holding = try await holder.begin()
            try await holding.execute("SELECT pg_advisory_xact_lock(5)")
            let task = Task {
                try await connection.withTransaction { try await $0.execute("INSERT INTO t VALUES (1)") }
            }
            try await database.waitForBlockedSessions()
            task.cancel()
            try await holder.commit(holding)
            #expect(try await task.value == 1)
            try await expect([1], in: database.pool)
        }
    }
}

extension PostgresConnection {
    /// Fails a statement without the open transaction being told.
    fileprivate func abortSilently() async throws {
        let result = try await flush(["SELECT 1/0"], Patience(uncancellableUntil: .now + .seconds(10)))
        #expect(result.failure?.sqlState == "22012")
    }
}
