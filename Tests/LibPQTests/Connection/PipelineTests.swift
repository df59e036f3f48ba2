import TestSupport
import Testing

@testable import LibPQ

@Suite("A flush", .serialized, .timeLimit(.minutes(2)))
struct PipelineTests {
    @Test("carries several statements in one round trip and matches their results in order")
    func oneRoundTrip() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let before = await connection.statistics
            let (a, b, c, d) = try await connection.pipeline(
                "SELECT \(1)", "SELECT \("two"), 2", "SELECT generate_series(1, 3)", "SELECT 1 WHERE false")
            #expect(await connection.statistics.flushes - before.flushes == 1)
            #expect(try a[0].decode(Int.self) == 1)
            #expect(try b[0].decode((String, Int).self) == ("two", 2))
            #expect(try c.decode(Int.self) == [1, 2, 3])
            #expect(d.isEmpty)
            #expect(try await connection.pipeline([]).isEmpty)
            #expect(await connection.statistics.flushes - before.flushes == 1)
        }
    }

    @Test("outside of a transaction has all effects or none, and throws the first failure")
    func atomic() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
            let error = await postgresError {
                try await connection.pipeline(
                    "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)", "SELECT 1/0")
            }
            #expect(error?.sqlState == .uniqueViolation)
            #expect(error?.sql == "INSERT INTO t VALUES (1)")
            #expect(error?.file.hasSuffix("PipelineTests.swift") == true)
            #expect(try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self) == 0)
        }
    }

    @Test("fails as the server says when a deferred constraint is broken, which shows behind the last answer")
    func deferredConstraint() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE u (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            try await connection.execute("INSERT INTO u VALUES (1)")
            let pid = await connection.backendProcessID
            let failed = await postgresError { try await connection.execute("INSERT INTO u VALUES (1)") }
            #expect(failed?.sqlState == .uniqueViolation)
            #expect(failed?.sql == "INSERT INTO u VALUES (1)")
            let streamed = await postgresError {
                for try await _ in connection.stream("INSERT INTO u VALUES (1) RETURNING id") {}
            }
            #expect(streamed?.sqlState == .uniqueViolation)
            #expect(try await connection.queryRow("SELECT count(*) FROM u").decode(Int.self) == 1)
            #expect(await connection.backendProcessID == pid)
        }
    }

    @Test("prepares a statement once and recovers when the server has lost it, or its plan is stale")
    func prepared() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
            let query: PostgresQuery = "SELECT * FROM t WHERE id > \(0)"
            for _ in 0..<3 { try await connection.execute(query) }
            #expect(await connection.statistics.prepares == 2)
            try await connection.execute("DEALLOCATE ALL")
            try await connection.execute(query)
            try await connection.execute("ALTER TABLE t ADD COLUMN name text")
            #expect(try await connection.query(query).columns == ["id", "name"])
            try await connection.withTransaction { _ = try await $0.execute(query) }
        }
    }

    @Test("runs the statement that was given, not one that Swift calls equal and PostgreSQL does not")
    func canonicallyEquivalent() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let texts = ["SELECT length('\u{E9}')", "SELECT length('e\u{301}')"]
            #expect(texts[0] == texts[1])
            for (text, length) in [(0, 1), (1, 2), (0, 1)] as [(Int, Int32)] {
                let row = try await connection.queryRow(PostgresQuery(unescaped: texts[text]))
                #expect(try row.decode(Int32.self) == length)
            }
        }
    }

    @Test("recovers a lost or stale statement at the begin of a transaction; later on, the next transaction works")
    func preparedInTransaction() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
            let query: PostgresQuery = "SELECT * FROM t WHERE id > \(0)"
            for spoil: PostgresQuery in ["DEALLOCATE ALL", "ALTER TABLE t ADD COLUMN name text"] {
                try await connection.execute(query)
                try await connection.execute(spoil)
                let rows = try await connection.withTransaction { transaction in
                    let (_, rows) = try await transaction.pipeline("INSERT INTO t VALUES (1)", query)
                    return rows.count
                }
                #expect(rows == 1)
                #expect(try await connection.execute("DELETE FROM t") == 1)
            }
            try await connection.execute("ALTER TABLE t DROP COLUMN name")
            for attempt in 1...2 {
                let error = await postgresError {
                    try await connection.withTransaction { transaction in
                        try await transaction.execute("SELECT 1")
                        try await transaction.execute(query)
                    }
                }
                #expect(error?.sqlState == (attempt == 1 ? .featureNotSupported : nil))
            }
        }
    }

    @Test("recovers when several of its statements are lost or stale, BEGIN among them")
    func severalLost() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int)")
            let query: PostgresQuery = "SELECT * FROM t WHERE id > \(0)"
            func lose() async throws {
                try await connection.withTransaction { _ = try await $0.execute(query) }
                _ = try await connection.pipeline(query, "SELECT * FROM t")
                // Not as a statement by itself, which the cache would see.
                let drop: PostgresQuery = "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"
                try await connection.execute(drop.unprepared)
            }
            try await lose()
            try await connection.withTransaction { _ = try await $0.execute(query) }
            try await lose()
            _ = try await connection.pipeline(query, "SELECT * FROM t")
            try await lose()
            try await connection.withTransaction { for try await _ in $0.stream("SELECT 1") {} }
            try await lose()
            try await connection.withTransaction { for try await _ in $0.copyOut("COPY t TO STDOUT") {} }

            _ = try await connection.pipeline(query, "SELECT * FROM t")
            try await connection.execute("ALTER TABLE t ADD COLUMN name text")
            let (some, all) = try await connection.pipeline(query, "SELECT * FROM t")
            #expect(some.columns == ["id", "name"] && all.columns == ["id", "name"])
        }
    }

    @Test("is prepared anew in a transaction that has dropped all that was prepared, which also commits")
    func droppedInTransaction() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int)")
            let query: PostgresQuery = "INSERT INTO t VALUES (1)"
            for drop: PostgresQuery in ["DEALLOCATE ALL", "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"] {
                try await connection.withTransaction { _ = try await $0.execute(query) }
                try await connection.withTransaction { transaction in
                    try await transaction.execute(query)
                    try await transaction.execute(drop)
                    if drop.sql == "DEALLOCATE ALL" { try await transaction.execute(query) }
                }
            }
            #expect(try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self) == 5)
        }
    }

    @Test("is not sent again for a stale statement when a procedure in it may have committed")
    func committedByProcedure() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int)")
            try await connection.execute("CREATE TABLE other (id int)")
            try await connection.execute(
                """
                CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN
                    INSERT INTO t VALUES (1);
                    COMMIT;
                    IF (SELECT count(*) > 2 FROM t) THEN RAISE feature_not_supported; END IF;
                END $$
                """)
            let stale: PostgresQuery = "SELECT * FROM other"
            for expected in 1...3 {
                try await connection.execute(stale)
                try await connection.execute("ALTER TABLE other ADD COLUMN c\(unescaped: "\(expected)") int")
                let error = await postgresError {
                    // The second time the statement behind is stale, the third time the procedure itself says 0A000.
                    try await connection.pipeline(expected == 2 ? ["CALL p()", stale] : ["CALL p()"])
                }
                #expect(error?.sqlState == (expected == 1 ? nil : .featureNotSupported))
                #expect(try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self) == expected)
            }
        }
    }

    @Test("is not sent again for a stale statement behind one that commits by itself")
    func committedByItself() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (id int)")
            let stale: PostgresQuery = "SELECT * FROM t"
            try await connection.execute(stale)
            try await connection.execute("ALTER TABLE t ADD COLUMN name text")
            let error = await postgresError {
                try await connection.pipeline("CREATE INDEX CONCURRENTLY i ON t (id)", stale)
            }
            #expect(error?.sqlState == .featureNotSupported)
            #expect(try await connection.queryRow("SELECT to_regclass('i') IS NOT NULL").decode(Bool.self))
            #expect(try await connection.query(stale).columns == ["id", "name"])
        }
    }

    @Test("keeps no more statements prepared than the capacity, and survives a DEALLOCATE of a lost one")
    func eviction() async throws {
        try await withTestDatabase { database in
            for capacity in [0, 1, 3] {
                var configuration = try database.configuration([:])
                configuration.statementCacheCapacity = capacity
                let connection = try await PostgresConnection.connect(configuration)
                for round in 0..<20 {
                    let number = try await connection.queryRow("SELECT \(unescaped: "\(round % 7)")").decode(Int.self)
                    #expect(number == round % 7)
                    if round == 10 { try await connection.execute("DISCARD ALL") }
                }
                // In one flush more than fit at one time.
                let rows = try await connection.pipeline((0..<20).map { "SELECT \(unescaped: "\($0)") AS a" })
                for (number, row) in rows.enumerated() { #expect(try row[0].decode(Int.self) == number) }
                let count = try await connection.queryRow("SELECT count(*) FROM pg_prepared_statements")
                // What a flush evicts goes with the next one.
                #expect(try count.decode(Int.self) <= (capacity == 0 ? 0 : capacity + 1))
                #expect(await connection.statements.count <= capacity)
            }
        }
    }

    @Test("in a transaction drops no statement that the server may have lost, which would abort it")
    func evictionInTransaction() async throws {
        try await withTestDatabase { database in
            var configuration = try database.configuration([:])
            configuration.statementCacheCapacity = 2
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.withTransaction { transaction in
                try await transaction.execute("SELECT 1")
                try await transaction.execute("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")
                for number in 2...9 {
                    let row = try await transaction.queryRow("SELECT \(unescaped: "\(number)")")
                    #expect(try row.decode(Int.self) == number)
                }
            }
            try await connection.execute("SELECT 10")
            let count = try await connection.queryRow("SELECT count(*) FROM pg_prepared_statements").decode(Int.self)
            #expect(count <= 3)
        }
    }

    @Test("of a statement that must be alone is not disturbed by a full cache")
    func vacuum() async throws {
        try await withTestDatabase { database in
            var configuration = try database.configuration([:])
            configuration.statementCacheCapacity = 1
            let connection = try await PostgresConnection.connect(configuration)
            for number in 0..<3 {
                try await connection.execute("SELECT \(unescaped: "\(number)")")
                try await connection.execute("VACUUM")
            }
        }
    }

    @Test("of statements that the server answers while they are still being sent does not block")
    func manyStatements() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let filler = String(repeating: "x", count: 10_000)
            let results = try await connection.pipeline((0..<2000).map { "SELECT \($0), \(filler)" })
            #expect(results.count == 2000)
            for (index, rows) in results.enumerated() {
                let (number, text) = try rows[0].decode((Int, String).self)
                #expect(number == index && text.utf8.count == 10_000)
            }
            let distinct = try await connection.pipeline(
                (0..<2000).map { "SELECT \(unescaped: "\($0)"), \(filler)" })
            let last: (Int, String) = try distinct[1999][0].decode((Int, String).self)
            #expect(last == (1999, filler))
        }
    }

    @Test("brings 100000 rows, and 20 MB there and back")
    func large() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let rows = try await connection.query("SELECT i, 'row ' || i FROM generate_series(1, 100000) AS i")
            #expect(rows.count == 100_000)
            #expect(rows.affectedRows == 100_000)
            #expect(try rows[99_999].decode((Int, String).self) == (100_000, "row 100000"))
            var sum = 0
            for row in rows { sum += try row.decode(Int.self, column: "i") }
            #expect(sum == 5_000_050_000)

            var bytes = [UInt8](repeating: 7, count: 20_000_000)
            for offset in stride(from: 0, to: bytes.count, by: 997) {
                bytes[offset] = UInt8(truncatingIfNeeded: offset)
            }
            let back = try await connection.queryRow("SELECT \(bytes)").decode([UInt8].self)
            #expect(back == bytes)
        }
    }

    @Test("takes a statement of 1000 parameters, and refuses one of 65536 without harm")
    func manyParameters() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            func sum(of count: Int) -> PostgresQuery {
                var text = PostgresQuery.Interpolation(literalCapacity: 0, interpolationCount: count)
                text.appendLiteral("SELECT cardinality(ARRAY[")
                for number in 0..<count {
                    if number > 0 { text.appendLiteral(", ") }
                    text.appendInterpolation(number)
                }
                text.appendLiteral("])")
                return PostgresQuery(stringInterpolation: text)
            }
            #expect(try await connection.queryRow(sum(of: 1000)).decode(Int.self) == 1000)
            #expect(try await connection.queryRow(sum(of: 65_535)).decode(Int.self) == 65_535)
            for count in [65_536, 70_000] {
                let error = await postgresError { try await connection.query(sum(of: count)) }
                #expect(error?.code == .encodingFailed)
                #expect(error?.message.contains("\(count)") == true)
            }
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    @Test("of COPY is refused; an empty statement is none; one row means one row")
    func oddStatements() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let copy = await postgresError { try await connection.execute("COPY (SELECT 1) TO STDOUT") }
            #expect(copy?.code == .unsupportedStatement)
            #expect(try await connection.query("").isEmpty)
            #expect(try await connection.query("-- nothing").isEmpty)
            #expect(await postgresError { try await connection.queryRow("SELECT 1 WHERE false") }?.code == .noRows)
            #expect(
                await postgresError { try await connection.queryRow("SELECT generate_series(1, 2)") }?.code
                    == .tooManyRows)
            #expect(try await connection.queryRowIfAny("SELECT 1 WHERE false") == nil)
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }
}
