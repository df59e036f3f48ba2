import TestSupport
import Testing

@testable import LibPQ

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@Suite("A stream of rows", .serialized, .timeLimit(.minutes(2)))
struct RowStreamTests {
    @Test("gives every row in order, then the connection is free")
    func all() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            var sum = 0
            for try await (n, text) in connection.stream("SELECT n, 'row ' || n FROM generate_series(1, 3000) n")
                .decode((Int, String).self)
            {
                sum += n
                #expect(text == "row \(n)")
            }
            #expect(sum == 3000 * 3001 / 2)
            for try await _ in connection.stream("SELECT WHERE false") { Issue.record("a row came") }
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    @Test("holds the server back while nobody reads")
    func backPressure() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let backend = await connection.backendProcessID
            var rows = connection.stream("SELECT repeat('x', 1000) FROM generate_series(1, 100000)").makeAsyncIterator()
            #expect(try await rows.next() != nil)
            try await waitUntil("the server waits for its client to read") {
                try await database.pool.queryRow(
                    "SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = \(backend) AND wait_event = 'ClientWrite'"
                ).decode(Bool.self)
            }
            var count = 1
            while try await rows.next() != nil { count += 1 }
            #expect(count == 100_000)
        }
    }

    @Test("that is left early is cancelled on the server, and the next statement waits for that")
    func leftEarly() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let backend = await connection.backendProcessID
            for try await _ in connection.stream("SELECT generate_series(1, 1000000000)") { break }
            #expect(try await connection.queryRow("SELECT pg_backend_pid()").decode(Int32.self) == backend)
        }
    }

    @Test("that is left early in a transaction is read to its end, and the transaction commits")
    func leftEarlyInTransaction() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int)")
            try await connection.withTransaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (1)")
                for try await _ in transaction.stream("SELECT n FROM generate_series(1, 100000) n") { break }
                try await transaction.execute("INSERT INTO t VALUES (2)")
                for try await _ in transaction.stream("SELECT n FROM generate_series(1, 100000) n") { break }
            }
            #expect(try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self) == 2)
        }
    }

    @Test("that is left early in a transaction does not hold up ROLLBACK: the rest is cancelled after all")
    func leftEarlyThenRolledBack() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let transaction = try await connection.begin()
            let slow: PostgresQuery =
                "SELECT repeat('x', 10000) FROM generate_series(1, 3) UNION ALL SELECT pg_sleep(20)::text"
            for try await _ in transaction.stream(slow) { break }
            try await waitUntil("the rest is being read") { await connection.isEndingStream }
            let duration = await ContinuousClock().measure { await connection.rollBack(transaction) }
            #expect(duration < .seconds(10))
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    @Test("is the first statement of its transaction, and sees it")
    func inTransaction() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.withTransaction(TransactionOptions(isReadOnly: true)) { transaction in
                for try await setting in transaction.stream("SHOW transaction_read_only").decode(String.self) {
                    #expect(setting == "on")
                }
            }
        }
    }

    @Test("keeps other statements off the connection, and says so")
    func busy() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            for try await n in connection.stream("SELECT n FROM generate_series(1, 2) n").decode(Int.self) {
                let error = await postgresError { try await connection.execute("SELECT 1") }
                // The last rows come with the end of the statement, after which the connection is free.
                #expect(n == 2 || error?.code == .connectionBusy || error == nil)
            }
            var rows = connection.stream("SELECT n FROM generate_series(1, 100000) n").makeAsyncIterator()
            _ = try await rows.next()
            #expect(await postgresError { try await connection.execute("SELECT 1") }?.code == .connectionBusy)
            while try await rows.next() != nil {}
            try await connection.execute("SELECT 1")
        }
    }

    @Test("ends with its transaction: COMMIT and ROLLBACK read or cancel the rest, the reader gets an error")
    func endsWithTransaction() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int)")
            for commits in [true, false] {
                let transaction = try await connection.begin()
                try await transaction.execute("INSERT INTO t VALUES (1)")
                var rows = transaction.stream("SELECT n FROM generate_series(1, 100000) n").makeAsyncIterator()
                _ = try await rows.next()
                if commits { try await connection.commit(transaction) } else { await connection.rollBack(transaction) }
                let error = await postgresError { while try await rows.next() != nil {} }
                #expect(error?.code == .transactionEnded)
                #expect(try await rows.next() == nil)
            }
            #expect(try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self) == 1)
        }
    }

    @Test("that a pool's caller leaves open does not reach the next caller")
    func leftOpenInPool() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            var kept: PostgresRowStream.Iterator?
            try await pool.withConnection { connection in
                var rows = connection.stream("SELECT generate_series(1, 1000000000)").makeAsyncIterator()
                _ = try await rows.next()
                kept = rows
            }
            #expect(try await pool.queryRow("SELECT 1").decode(Int.self) == 1)
            let error = await postgresError { while try await kept?.next() != nil {} }
            #expect(error?.code == .transactionEnded)
        }
    }

    @Test("fails with the server's error: at once, after rows, and in a transaction that then cannot commit")
    func failures() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let missing = await postgresError { for try await _ in connection.stream("SELECT * FROM missing") {} }
            #expect(missing?.sqlState == .undefinedTable)
            #expect(missing?.sql == "SELECT * FROM missing")
            var count = 0
            let late = await postgresError {
                for try await _ in connection.stream("SELECT 1 / (1000 - n) FROM generate_series(1, 2000) n") {
                    count += 1
                }
            }
            #expect(late?.sqlState == "22012")
            #expect(count == 999)
            let aborted = await postgresError {
                try await connection.withTransaction { transaction in
                    do { for try await _ in transaction.stream("SELECT 1 / 0") {} } catch {}
                }
            }
            #expect(aborted?.code == .transactionAborted)
            try await connection.execute("SELECT 1")
        }
    }

    @Test("is cancelled with its task and at its deadline, also between rows")
    func givenUp() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let late = await postgresError {
                let rows = connection.stream(
                    "SELECT repeat('x', 10000), pg_sleep(0.01) FROM generate_series(1, 100000)",
                    deadline: .now + .milliseconds(300))
                for try await _ in rows {}
            }
            #expect(late?.code == .timedOut)
            let task = Task {
                for try await _ in connection.stream(
                    "SELECT repeat('x', 10000), pg_sleep(0.01) FROM generate_series(1, 100000)")
                {
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            #expect(await postgresError { try await task.value }?.code == .cancelled)
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    @Test("fails with connectionLost when the connection breaks, and who waits for the connection is told")
    func connectionLost() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let backend = await connection.backendProcessID
            let error = await postgresError {
                for try await _ in connection.stream(
                    "SELECT repeat('x', 10000), pg_sleep(0.01) FROM generate_series(1, 100000)")
                {
                    try await database.terminate(backend)
                }
            }
            #expect(error?.code == .connectionLost)
            #expect(await postgresError { try await connection.execute("SELECT 1") }?.code == .connectionClosed)
        }
    }

    @Test("whose connection is closed while nobody reads ends with connectionClosed")
    func closed() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            var rows = connection.stream("SELECT n FROM generate_series(1, 100000) n").makeAsyncIterator()
            _ = try await rows.next()
            await connection.close()
            let error = await postgresError { while try await rows.next() != nil {} }
            #expect(error?.code == .connectionClosed)
        }
    }

    @Test("whose connection is closed in the middle of a read gives its turn back")
    func closedWhileRead() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let backend = await connection.backendProcessID
            let reading = Task {
                for try await _ in connection.stream("SELECT pg_sleep(0.3), n FROM generate_series(1, 2) n") {}
            }
            try await waitUntil("it is read") {
                try await database.pool.queryRow(
                    "SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = \(backend) AND query LIKE '%pg_sleep(0.3)%'"
                ).decode(Bool.self)
            }
            await connection.close()
            // It would wait for ever for a turn that nobody gives back.
            let next = await postgresError { try await connection.execute("SELECT 1") }
            #expect(next?.code == .connectionClosed)
            #expect(await postgresError { try await reading.value }?.code == .connectionLost)
        }
    }

    @Test("whose BEGIN is given up leaves no request to cancel behind that could hit a later statement")
    func givenUpAtBegin() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let backend = await connection.backendProcessID
            kill(backend, SIGSTOP)
            let reading = Task {
                try await connection.withTransaction { transaction in
                    let rows = transaction.stream("SELECT 1", deadline: .now + .milliseconds(100))
                    for try await _ in rows {}
                }
            }
            try await waitUntil("the server has got the request") {
                await connection.cancelRequest?.state == .sent
            }
            kill(backend, SIGCONT)
            #expect(await postgresError { try await reading.value }?.code == .timedOut)
            #expect(await connection.isClosed)
        }
    }

    @Test("that is ended by ROLLBACK from another task interrupts no later statement")
    func endedByAnotherTask() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            for _ in 0..<20 {
                let transaction = try await connection.begin()
                let started = AsyncStream<Void>.makeStream()
                let reading = Task {
                    for try await _ in transaction.stream("SELECT repeat('x', 1000), generate_series(1, 100000000)") {
                        started.continuation.yield()
                    }
                }
                for await _ in started.stream { break }
                await connection.rollBack(transaction)
                let later = await postgresError { try await connection.execute("SELECT pg_sleep(0.01)") }
                #expect(later == nil)
                let ended = await postgresError { try await reading.value }
                #expect(ended != nil)
            }
        }
    }
}

extension PostgresConnection {
    fileprivate var isEndingStream: Bool { openStream?.isEnded == true }
}
