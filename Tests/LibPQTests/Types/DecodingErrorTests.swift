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
        "cannot be sent: NUL in text or SQL, a Date out of range, JSON that cannot be encoded; the connection goes on")
    func encoding() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let queries: [PostgresQuery] = [
                "SELECT \("a\0b")", "SELECT \(["a", "\0"])", "SELECT 1\0",
                "SELECT \(Date(timeIntervalSinceReferenceDate: .infinity))",
                "SELECT \(Date(timeIntervalSinceReferenceDate: .nan))",
                "SELECT \(Date(timeIntervalSinceReferenceDate: -1e12))",
                "SELECT \(Date(timeIntervalSinceReferenceDate: 9.3e12))", "SELECT \(PostgresJSON(Double.nan))",
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
