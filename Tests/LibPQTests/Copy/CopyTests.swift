import FaultProxy
import TestSupport
import Testing

@testable import LibPQ

@Suite("COPY", .serialized, .timeLimit(.minutes(2)))
struct CopyTests {
    private struct Refusal: Error, Equatable {}

    private func withTable(_ body: (TestDatabase, PostgresConnection) async throws -> Void) async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int8 PRIMARY KEY, name text, amount int4)")
            try await body(database, connection)
        }
    }

    /// Pieces of text as an asynchronous sequence, then the error if there is one.
    private func pieces(_ texts: [String], then error: Refusal? = nil) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { continuation in
            for text in texts { continuation.yield(Array(text.utf8)) }
            continuation.finish(throwing: error)
        }
    }

    private func expect(_ rows: Int, _ connection: PostgresConnection) async throws {
        #expect(try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self) == rows)
    }

    @Test("in: text, cut anywhere, and CSV; says how many rows")
    func textIn() async throws {
        try await withTable { _, connection in
            let text = pieces(["1\tone\t", "10\n2\t\\N\t", "", "20\n"])
            #expect(try await connection.copyIn("COPY t FROM STDIN", data: text) == 2)
            #expect(
                try await connection.copyIn("COPY t FROM STDIN (FORMAT csv)", data: pieces(["3,\"a,b\",30\n"])) == 1)
            #expect(try await connection.copyIn("COPY t FROM STDIN", data: pieces([])) == 0)
            let rows = try await connection.query("SELECT id, name, amount FROM t ORDER BY id")
                .decode((Int, String?, Int32).self)
            #expect(rows.map(\.0) == [1, 2, 3])
            #expect(rows.map(\.1) == ["one", nil, "a,b"])
            #expect(rows.map(\.2) == [10, 20, 30])
        }
    }

    @Test("in: rows in binary, many of them, NULLs and large values among them")
    func binaryIn() async throws {
        try await withTable { _, connection in
            let count = try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)") { copy in
                for id in 1...50_000 {
                    try await copy.write(id, id % 3 == 0 ? nil : "name \(id)", Int32(id))
                }
                try await copy.write(0, String(repeating: "x", count: 3_000_000), Int32?.none)
            }
            #expect(count == 50_001)
            let (rows, nulls, sum, longest) = try await connection.queryRow(
                "SELECT count(*), count(*) FILTER (WHERE name IS NULL), sum(amount)::int8, max(length(name))::int8 FROM t"
            ).decode((Int, Int, Int, Int).self)
            #expect(rows == 50_001)
            #expect(nulls == 16_666)
            #expect(sum == 50_000 * 50_001 / 2)
            #expect(longest == 3_000_000)
        }
    }

    @Test("in: no row is none in binary, too; no bytes are no binary file")
    func binaryInOfNothing() async throws {
        try await withTable { _, connection in
            #expect(try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)") { _ in } == 0)
            #expect(try await connection.copyIn("COPY t FROM STDIN (FORMAT csv)") { _ in } == 0)
            for texts in [[], [""]] {
                let error = await postgresError {
                    try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)", data: pieces(texts))
                }
                #expect(error?.sqlState == "22P04")
            }
            try await expect(0, connection)
        }
    }

    @Test("out: one row a piece in text, a header and a trailer in binary; what comes out goes in again")
    func out() async throws {
        try await withTable { _, connection in
            try await connection.execute("INSERT INTO t SELECT n, 'row ' || n, n FROM generate_series(1, 2000) n")
            var lines: [String] = []
            for try await line in connection.copyOut("COPY (SELECT id, name FROM t ORDER BY id) TO STDOUT") {
                lines.append(String(decoding: line, as: UTF8.self))
            }
            #expect(lines.count == 2000)
            #expect(lines[1] == "2\trow 2\n")

            var binary: [[UInt8]] = []
            for try await piece in connection.copyOut("COPY t TO STDOUT (FORMAT binary)") { binary.append(piece) }
            #expect(binary.first?.starts(with: "PGCOPY\n".utf8) == true)
            try await connection.execute("CREATE TABLE other (LIKE t)")
            let again = AsyncStream { continuation in
                for piece in binary { continuation.yield(piece) }
                continuation.finish()
            }
            #expect(try await connection.copyIn("COPY other FROM STDIN (FORMAT binary)", data: again) == 2000)
            #expect(
                try await connection.queryRow("SELECT count(*) FROM t JOIN other USING (id, name, amount)")
                    .decode(Int.self) == 2000)
        }
    }

    @Test("in a transaction, as its first statement and behind others, commits and rolls back with it")
    func inTransaction() async throws {
        try await withTable { _, connection in
            for commits in [false, true] {
                let transaction = try await connection.begin()
                try await transaction.copyIn("COPY t FROM STDIN", data: pieces(["1\ta\t1\n"]))
                try await transaction.execute("UPDATE t SET amount = 2")
                try await transaction.copyIn("COPY t FROM STDIN", data: pieces(["2\tb\t3\n"]))
                var amounts: [String] = []
                for try await line in transaction.copyOut("COPY (SELECT amount FROM t ORDER BY id) TO STDOUT") {
                    amounts.append(String(decoding: line, as: UTF8.self))
                }
                #expect(amounts == ["2\n", "3\n"])
                if commits { try await connection.commit(transaction) } else { await connection.rollBack(transaction) }
                #expect(try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self) == (commits ? 2 : 0))
            }
        }
    }

    @Test("whose source throws leaves no row, and the error comes out unwrapped")
    func sourceThrows() async throws {
        try await withTable { _, connection in
            await #expect(throws: Refusal()) {
                try await connection.copyIn("COPY t FROM STDIN", data: pieces(["1\ta\t1\n"], then: Refusal()))
            }
            try await expect(0, connection)
            await #expect(throws: Refusal()) {
                try await connection.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    try await transaction.copyIn("COPY t FROM STDIN", data: pieces(["2\ta\t1\n"], then: Refusal()))
                }
            }
            // Swallowed, it has aborted the transaction all the same.
            let swallowed = await postgresError {
                try await connection.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    do {
                        try await transaction.copyIn("COPY t FROM STDIN", data: pieces(["2\ta\t1\n"], then: Refusal()))
                    } catch {}
                }
            }
            #expect(swallowed?.code == .transactionAborted)
            try await expect(0, connection)
        }
    }

    @Test("with a wrong row fails with the server's error and the statement, and the connection goes on")
    func wrongRow() async throws {
        try await withTable { _, connection in
            let text = await postgresError {
                try await connection.copyIn("COPY t FROM STDIN", data: pieces(["1\ta\tnonsense\n"]))
            }
            #expect(text?.sqlState == "22P02")
            #expect(text?.sql == "COPY t FROM STDIN")
            let key = await postgresError {
                try await connection.copyIn("COPY t FROM STDIN", data: pieces(["1\ta\t1\n1\tb\t2\n"]))
            }
            #expect(key?.sqlState == .uniqueViolation)
            let column = await postgresError {
                try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)") { try await $0.write(1, "a", 1) }
            }
            #expect(column?.sqlState == "22P03")  // Int is int8, the column is int4
            let missing = await postgresError { for try await _ in connection.copyOut("COPY missing TO STDOUT") {} }
            #expect(missing?.sqlState == .undefinedTable)
            let late = await postgresError {
                for try await _ in connection.copyOut(
                    "COPY (SELECT 1 / (10 - n) FROM generate_series(1, 20) n) TO STDOUT")
                {}
            }
            #expect(late?.sqlState == "22012")
            try await expect(0, connection)
        }
    }

    @Test("refuses what is no COPY of its direction or format, before anything is lost")
    func refused() async throws {
        try await withTable { _, connection in
            for statement: PostgresQuery in ["SELECT 1", "", "COPY t FROM STDIN WHERE id > \(1)"] {
                let refused = await postgresError { try await connection.copyIn(statement, data: pieces([])) }
                #expect(refused?.code == .unsupportedStatement)
            }
            let text = await postgresError {
                try await connection.copyIn("COPY t FROM STDIN") { try await $0.write(1, "a", Int32(1)) }
            }
            #expect(text?.code == .unsupportedStatement)
            // A row that cannot be encoded is not half written.
            let count = try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)") { copy in
                try await copy.write(1, "a", Int32(1))
                let refused = await postgresError { try await copy.write(2, "a\0b", Int32(1)) }
                #expect(refused?.code == .encodingFailed)
                try await copy.write(3, "c", Int32(1))
            }
            #expect(count == 2)
            try await expect(2, connection)
        }
    }

    @Test("is one statement: a second one behind it is refused before anything runs, a semicolon in quotes is not")
    func oneStatement() async throws {
        try await withTable { _, connection in
            let transaction = try await connection.begin()
            try await transaction.execute("INSERT INTO t VALUES (1)")
            let error = await postgresError {
                try await transaction.copyIn("COPY t FROM STDIN; COMMIT", data: pieces(["2\ta\t1\n"]))
            }
            #expect(error?.sqlState == "42601")
            #expect(await postgresError { try await connection.commit(transaction) }?.code == .transactionAborted)
            try await expect(0, connection)
            let rows = try await connection.copyIn(
                "COPY t FROM STDIN (FORMAT csv, DELIMITER ';');", data: pieces(["1;a;1\n"]))
            #expect(rows == 1)
        }
    }

    @Test("that the server breaks off before it has read anything leaves the connection in step")
    func brokenOff() async throws {
        try await withTable { _, connection in
            try await connection.execute(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'P0042'; END $$
                """)
            try await connection.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION refuse()")
            for number in 0..<20 {
                let error = await postgresError {
                    try await connection.copyIn("COPY t FROM STDIN", data: pieces(["\(number)\ta\t1\n"]))
                }
                #expect(error?.sqlState == "P0042")
                #expect(try await connection.queryRow("SELECT \(number)").decode(Int.self) == number)
            }
        }
    }

    @Test("of the server's own files is a statement like any other")
    func serverSide() async throws {
        try await withTable { _, connection in
            #expect(try await connection.execute("COPY t FROM PROGRAM 'echo 1,a,1' (FORMAT csv)") == 1)
            let error = await postgresError {
                for try await _ in connection.copyOut("COPY t TO PROGRAM 'cat >/dev/null # stdout'") {}
            }
            #expect(error?.code == .unsupportedStatement)
            try await expect(1, connection)
        }
    }

    @Test("of the other direction is refused with a sentence; the pool goes on")
    func otherDirection() async throws {
        try await withTable { database, _ in
            let pool = try database.makePool(of: 1)
            let out = await postgresError {
                try await pool.withConnection { for try await _ in $0.copyOut("COPY t FROM STDIN") {} }
            }
            #expect(out?.code == .unsupportedStatement)
            let into = await postgresError {
                try await pool.withConnection { try await $0.copyIn("COPY t TO STDOUT", data: pieces([])) }
            }
            #expect(into?.code == .unsupportedStatement)
            #expect(try await pool.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    @Test("keeps other statements off its connection, and ends with its transaction")
    func busy() async throws {
        try await withTable { _, connection in
            let transaction = try await connection.begin()
            var kept: PostgresCopyWriter?
            let error = await postgresError {
                try await transaction.copyIn("COPY t FROM STDIN") { copy in
                    try await copy.write(bytes: Array("1\ta\t1\n".utf8))
                    let busy = await postgresError { try await transaction.execute("SELECT 1") }
                    #expect(busy?.code == .connectionBusy)
                    await connection.rollBack(transaction)
                    kept = copy
                }
            }
            #expect(error?.code == .transactionEnded)
            #expect(await postgresError { try await kept?.write(bytes: [0]) }?.code == .transactionEnded)
            try await expect(0, connection)
        }
    }

    @Test("is given up with its task and at its deadline: no row, and the connection goes on")
    func givenUp() async throws {
        try await withTable { _, connection in
            let endless = AsyncStream<[UInt8]>(unfolding: { Array("1\ta\t1\n".utf8) })
            let late = await postgresError {
                try await connection.copyIn("COPY t FROM STDIN", data: endless, deadline: .now + .seconds(1))
            }
            #expect(late?.code == .timedOut)
            let task = Task {
                try await connection.copyIn("COPY t FROM STDIN") { copy in
                    try await copy.write(bytes: Array("1\ta\t1\n".utf8))
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await copy.write(bytes: Array("2\ta\t1\n".utf8))
                }
            }
            #expect(await postgresError { try await task.value }?.code == .cancelled)
            let out = await postgresError {
                let slow: PostgresQuery =
                    "COPY (SELECT repeat('x', 10000), pg_sleep(0.01) FROM generate_series(1, 100000)) TO STDOUT"
                for try await _ in connection.copyOut(slow, deadline: .now + .seconds(1)) {}
            }
            #expect(out?.code == .timedOut)
            try await expect(0, connection)
        }
    }

    @Test("out that is left early is cancelled, or read to its end inside a transaction")
    func leftEarly() async throws {
        try await withTable { _, connection in
            for try await _ in connection.copyOut("COPY (SELECT generate_series(1, 1000000000)) TO STDOUT") { break }
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
            try await connection.withTransaction { transaction in
                for try await _ in transaction.copyOut("COPY (SELECT generate_series(1, 100000)) TO STDOUT") { break }
                try await transaction.execute("INSERT INTO t VALUES (1)")
            }
            try await expect(1, connection)
        }
    }

    @Test("in whose last rows are given up has failed: no row, and the connection goes on")
    func givenUpAtTheEnd() async throws {
        try await withTable { _, connection in
            let task = Task {
                try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)") { copy in
                    try await copy.write(1, "a", Int32(1))  // kept, to be sent with others
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            #expect(await postgresError { try await task.value }?.code == .cancelled)
            try await expect(0, connection)
        }
    }

    @Test("in that waits for the server while its transaction is committed ends, and lets COMMIT fail")
    func committedMeanwhile() async throws {
        try await withTable { database, connection in
            let backend = await connection.backendProcessID
            let other = try await database.connect()
            let blocking = try await other.begin()
            try await blocking.execute("INSERT INTO t VALUES (1)")
            let transaction = try await connection.begin()
            let copying = Task {
                try await transaction.copyIn("COPY t FROM STDIN") { copy in
                    // More than any socket holds while the server waits in the first row.
                    let row = "\t" + String(repeating: "x", count: 1000) + "\t1\n"
                    try await copy.write(bytes: (1...20_000).flatMap { Array("\($0)\(row)".utf8) })
                    try await copy.write(bytes: Array("20001\(row)".utf8))
                }
            }
            try await waitUntil("the server waits for the other transaction, and the client for the server") {
                let waits = try await database.pool.queryRow(
                    "SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = \(backend) AND wait_event_type = 'Lock'"
                ).decode(Bool.self)
                return await connection.isInsideWrite && waits
            }
            let committing = Task { try await connection.commit(transaction) }
            try await waitUntil("COMMIT has ended the COPY") { await connection.isEndingStream }
            await other.rollBack(blocking)
            try await waitUntil("COMMIT has been answered") { await connection.transaction == nil }
            #expect(await postgresError { try await committing.value }?.code == .transactionAborted)
            #expect(await postgresError { try await copying.value }?.code == .transactionEnded)
            try await expect(0, connection)
        }
    }

    @Test("in that fails while the server does not answer discards the connection in time")
    func failsOnFrozenServer() async throws {
        try await withTable { database, _ in
            try await database.withProxy { proxy in
                var configuration = try database.configuration([
                    "host": "127.0.0.1", "hostaddr": "127.0.0.1", "port": "\(proxy.port)",
                ])
                configuration.cancelTimeout = .milliseconds(100)
                let connection = try await PostgresConnection.connect(configuration)
                let task = Task {
                    try await connection.copyIn("COPY t FROM STDIN") { _ in
                        proxy.freeze()
                        throw Refusal()
                    }
                }
                try await waitUntil("the connection is discarded") { await connection.isClosed }
                await #expect(throws: Refusal()) { try await task.value }
            }
        }
    }

    @Test("whose connection is closed while it begins gives its turn back")
    func closedWhileItBegins() async throws {
        try await withTable { database, connection in
            let other = try await database.connect()
            let blocking = try await other.begin()
            try await blocking.execute("LOCK TABLE t")
            let copying = Task { for try await _ in connection.copyOut("COPY t TO STDOUT") {} }
            try await database.waitForBlockedSessions()
            await connection.close()
            #expect(await postgresError { try await copying.value }?.code == .connectionLost)
            await other.rollBack(blocking)
            #expect(await postgresError { try await connection.execute("SELECT 1") }?.code == .connectionClosed)
        }
    }
}

extension PostgresConnection {
    fileprivate var isInsideWrite: Bool { openStream?.isInUse == true }
    fileprivate var isEndingStream: Bool { openStream?.isEnded == true }
}
