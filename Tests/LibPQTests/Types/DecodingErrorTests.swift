import LibPQ
import TestSupport
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("What does not fit", .serialized, .timeLimit(.minutes(1)))
struct DecodingErrorTests {
    private func failure<Value: PostgresDecodable>(
        _ sql: String, as _: Value.Type, on connection: PostgresConnection
    ) async throws -> String {
        let row = try await connection.queryRow("SELECT \(unescaped: sql) AS the_column")
        let error = #expect(throws: PostgresError.self) { try row.decode(Value.self) }
        #expect(error?.code == .decodingFailed)
        #expect(error?.file.hasSuffix("DecodingErrorTests.swift") == true)
        return error?.message ?? ""
    }

    @Test("names the column, its SQL type and the Swift type")
    func names() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            func check<Value: PostgresDecodable>(
                _ sql: String, _ type: Value.Type, _ sqlType: String, sourceLocation: SourceLocation = #_sourceLocation
            ) async throws {
                let message = try await failure(sql, as: type, on: connection)
                for part in ["\"the_column\"", "(\(sqlType))", "\(Value.self)"] {
                    #expect(message.contains(part), "\(message)", sourceLocation: sourceLocation)
                }
            }
            try await check("'x'::text", Int.self, "text")
            try await check("1::int4", String.self, "int4")
            try await check("1::int4", Bool.self, "int4")
            try await check("1.5::float8", Float.self, "float8")
            try await check("1::numeric", Int.self, "numeric")
            try await check("'x'::text", UUID.self, "text")
            try await check("'x'::text", Date.self, "text")
            try await check("'x'::text", [UInt8].self, "text")
            try await check("'x'::bytea", String.self, "bytea")
            try await check("'1'::text", PostgresJSON<Int>.self, "text")
            try await check("'\"x\"'::jsonb", PostgresJSON<Int>.self, "jsonb")
            try await check("'infinity'::timestamptz", Date.self, "timestamptz")
            // NULL
            try await check("NULL::int8", Int.self, "int8")
            try await check("NULL::text", String.self, "text")
            try await check("NULL::int8[]", [Int].self, "int8[]")
            try await check("ARRAY[1, NULL]::int8[]", [Int].self, "int8[]")
            // Range
            try await check("32768::int4", Int16.self, "int4")
            try await check("-32769::int8", Int16.self, "int8")
            try await check("2147483648::int8", Int32.self, "int8")
            // Arrays; when an element is wrong, its type is named
            try await check("'00000000-0000-0000-0000-000000000000'::uuid", [Int].self, "uuid")
            try await check("'\\x000000000000000000000000'::bytea", [Int].self, "bytea")
            try await check("ARRAY[[1, 2], [3, 4]]::int8[]", [Int].self, "int8[]")
            try await check("ARRAY['x']", [Int].self, "text")
            try await check("ARRAY[70000]::int4[]", [Int16].self, "int4")
            try await check("ARRAY[1, 2]::int8[]", [[Int]].self, "int8[]")
            try await check("ARRAY[[1, NULL]]::int8[]", [[Int]].self, "int8[]")
            try await check("ARRAY[[[1]]]::int8[]", [[Int]].self, "int8[]")
            try await check("ARRAY[['\\x01'::bytea]]", [[UInt8]].self, "bytea[]")
        }
    }

    @Test("names them for numeric, dates and times, networks, enums and types without a Swift type")
    func moreNames() async throws {
        enum Mood: String, PostgresEnum { case sad }
        enum Level: Int, PostgresCodable { case low }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            func check<Value: PostgresDecodable>(
                _ sql: String, _ type: Value.Type, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
            ) async throws {
                let message = try await failure(sql, as: type, on: connection)
                #expect(
                    message == "column \"the_column\" \(reason), cannot be read as \(Value.self)",
                    sourceLocation: sourceLocation)
            }
            try await check("2.0 ^ 128", Decimal.self, "(numeric): not exactly a Decimal")
            try await check("1e200::numeric", Decimal.self, "(numeric): not exactly a Decimal")
            try await check("1e-129::numeric", Decimal.self, "(numeric): not exactly a Decimal")
            try await check("'-infinity'::numeric", Decimal.self, "(numeric): not exactly a Decimal")
            try await check("1", PostgresNumeric.self, "(int4): not a numeric")
            try await check("1::numeric", Double.self, "(numeric): not a float8 or float4")
            try await check("NULL::numeric", Decimal.self, "(numeric): NULL")
            try await check("ARRAY[1.5, NULL]", [Decimal].self, "(numeric[]): element 1 is NULL")
            try await check("1::money", Int.self, "(money): not an integer")
            try await check("1::money", Decimal.self, "(money): not a numeric")
            try await check("now()", PostgresDate.self, "(timestamptz): not a date")
            try await check("current_date", Date.self, "(date): not a timestamptz")
            try await check("now()", PostgresTimestamp.self, "(timestamptz): not a timestamp")
            try await check("localtimestamp", PostgresTimestampTZ.self, "(timestamp): not a timestamptz")
            try await check("current_time", PostgresTime.self, "(timetz): not a time")
            try await check("localtime", PostgresTimeTZ.self, "(time): not a timetz")
            try await check("1", PostgresInterval.self, "(int4): not an interval")
            try await check("'1 mon'::interval", Duration.self, "(interval): an interval with months has no length")
            try await check("'08:00:2b:01:02:03'::macaddr", PostgresInet.self, "(macaddr): not an inet or cidr")
            try await check("-1", UInt32.self, "(int4): out of range")
            try await check("'x'::text", UInt32.self, "(text): not an integer")
            try await check("'happy'::text", Mood.self, "(text): a label without a case")
            try await check("1", Mood.self, "(int4): not a text type")
            try await check("1", Level.self, "(int4): not a raw value")
            try await check("'(1,2)'::point", String.self, "(point): not a text type")
            try await check("B'1'", String.self, "(bit): not a text type")
            try await check("'[1,2)'::int4range", [Int].self, "(int4range): not an array")
        }
    }

    @Test("is the binary form of a composite, a range or an array of enums, for a String")
    func composites() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TYPE pair AS (a int, b text)")
            try await connection.execute("CREATE TYPE mood AS ENUM ('sad')")
            for sql in ["ROW(1, 'x')::pair", "ARRAY['sad']::mood[]"] {
                #expect(try await failure(sql, as: String.self, on: connection).contains("not a text type"))
            }
        }
    }

    @Test("is a tuple with another number of columns, or a column name that is missing or not unique")
    func shape() async throws {
        try await withTestDatabase { database in
            let row = try await database.pool.queryRow("SELECT 1 AS a, 2 AS b, 3 AS b")
            #expect(throws: PostgresError.self) { try row.decode((Int, Int).self) }
            #expect(throws: PostgresError.self) { try row.decode((Int, Int, Int, Int).self) }
            #expect(throws: PostgresError.self) { try row.decode(Int.self) }
            #expect(try row.decode((Int, Int, Int).self) == (1, 2, 3))
            #expect(try row.decode(Int.self, column: "a") == 1)
            #expect(throws: PostgresError.self) { try row.decode(Int.self, column: "b") }
            #expect(throws: PostgresError.self) { try row.decode(Int.self, column: "c") }
        }
    }

    @Test(
        "cannot be sent: NUL in text or SQL, a Date out of range, JSON that cannot be encoded, a ragged array; the connection goes on"
    )
    func encoding() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let queries: [PostgresQuery] = [
                "SELECT \("a\0b")", "SELECT \(["a", "\0"])", "SELECT 1\0",
                "SELECT \(Date(timeIntervalSinceReferenceDate: .infinity))",
                "SELECT \(Date(timeIntervalSinceReferenceDate: .nan))",
                "SELECT \(Date(timeIntervalSinceReferenceDate: -1e12))",
                "SELECT \(Date(timeIntervalSinceReferenceDate: 9.3e12))", "SELECT \(PostgresJSON(Double.nan))",
                "SELECT \([[1], [2, 3]])", "SELECT \([[1], []])", "SELECT \([[Int]]([[], []]))",
                "SELECT \([[[1], [2]], [[3]]])", "SELECT \([[1], nil] as [[Int]?])",
                "SELECT \(Duration.nanoseconds(1))", "SELECT \(Duration.seconds(Int64.max))",
                "SELECT \(Duration.seconds(1e19))",
            ]
            for query in queries {
                let error = await postgresError { try await connection.query(query) }
                #expect(error?.code == .encodingFailed, "\(query.sql)")
            }
            #expect(await connection.statistics.flushes == 0)
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)

            try await connection.execute("CREATE TABLE t (a text)")
            let transaction = try await connection.begin()
            try await transaction.execute("INSERT INTO t VALUES ('x')")
            let error = await postgresError { try await connection.commit(transaction, after: [queries[0]]) }
            #expect(error?.code == .encodingFailed)
            #expect(try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self) == 0)
        }
    }
}
