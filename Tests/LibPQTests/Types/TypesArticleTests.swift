import LibPQ
import TestSupport
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Holds the article Types.md to its word: its table must have the rows below, and each must work.
@Suite("The table of types", .serialized, .timeLimit(.minutes(1)))
struct TypesArticleTests {
    private struct Row {
        let sql: String
        let literal: String
        let reads: [any PostgresDecodable.Type]
        let binds: [any PostgresEncodable]
    }

    private typealias ArrayElement = PostgresArrayElement & PostgresCodable
    private enum Label: String, PostgresEnum { case a }

    private static let integers: [any PostgresEncodable] = [1 as Int, 1 as Int64, 1 as Int32, 1 as Int16]
    private static let text: [any PostgresDecodable.Type] = [String.self, Label.self]
    private static let rows: [Row] = [
        Row(sql: "bool", literal: "true", reads: [Bool.self], binds: [true]),
        Row(
            sql: "int2", literal: "1", reads: [Int16.self, Int.self, Int32.self, Int64.self, UInt32.self],
            binds: integers),
        Row(
            sql: "int4", literal: "1", reads: [Int32.self, Int.self, Int64.self, Int16.self, UInt32.self],
            binds: integers),
        Row(
            sql: "int8", literal: "1", reads: [Int.self, Int64.self, Int32.self, Int16.self, UInt32.self],
            binds: integers + [1 as UInt32]),
        Row(sql: "float4", literal: "1", reads: [Float.self, Double.self], binds: [1 as Float, 1 as Double]),
        Row(sql: "float8", literal: "1", reads: [Double.self], binds: [1 as Double, 1 as Float]),
        Row(
            sql: "numeric", literal: "1", reads: [Decimal.self, PostgresNumeric.self],
            binds: integers + [1 as Decimal, PostgresNumeric(1), 1 as Double, 1 as Float]),
        Row(sql: "text", literal: "'a'", reads: text, binds: ["a", Label.a]),
        Row(sql: "varchar", literal: "'a'", reads: text, binds: ["a", Label.a]),
        Row(sql: "bpchar", literal: "'a'", reads: text, binds: ["a", Label.a]),
        Row(sql: "name", literal: "'a'", reads: text, binds: ["a", Label.a]),
        Row(sql: "\"char\"", literal: "'a'", reads: text, binds: ["a", Label.a]),
        Row(sql: "an enum", literal: "'a'", reads: text, binds: [Label.a]),
        Row(sql: "bytea", literal: "'\\x01'", reads: [[UInt8].self, Data.self], binds: [[1] as [UInt8], Data([1])]),
        Row(
            sql: "uuid", literal: "'00000000-0000-0000-0000-000000000001'", reads: [UUID.self], binds: [UUID()]),
        Row(sql: "json", literal: "'1'", reads: [PostgresJSON<Int>.self, String.self], binds: [PostgresJSON(1)]),
        Row(sql: "jsonb", literal: "'1'", reads: [PostgresJSON<Int>.self, String.self], binds: [PostgresJSON(1)]),
        Row(sql: "xml", literal: "'<a/>'", reads: [String.self], binds: []),
        Row(sql: "jsonpath", literal: "'$.a'", reads: [String.self], binds: []),
        Row(
            sql: "timestamptz", literal: "now()", reads: [Date.self, PostgresTimestampTZ.self],
            binds: [Date(), PostgresTimestampTZ.infinity, PostgresTimestamp.infinity, PostgresDate.infinity]),
        Row(
            sql: "timestamp", literal: "now()", reads: [PostgresTimestamp.self, Date.self],
            binds: [Date(), PostgresTimestampTZ.infinity, PostgresTimestamp.infinity, PostgresDate.infinity]),
        Row(sql: "date", literal: "now()", reads: [PostgresDate.self], binds: [PostgresDate.infinity]),
        Row(
            sql: "time", literal: "'12:00'", reads: [PostgresTime.self],
            binds: [PostgresTime(hour: 1)].compactMap { $0 }),
        Row(
            sql: "timetz", literal: "'12:00+01'", reads: [PostgresTimeTZ.self],
            binds: [PostgresTime(hour: 1).flatMap { PostgresTimeTZ($0, secondsFromGMT: 0) }].compactMap { $0 }),
        Row(
            sql: "interval", literal: "'1 day'", reads: [PostgresInterval.self, Duration.self],
            binds: [PostgresInterval(), Duration.zero]),
        Row(
            sql: "inet", literal: "'10.0.0.1'", reads: [PostgresInet.self],
            binds: [PostgresInet("::1")].compactMap { $0 }),
        Row(
            sql: "cidr", literal: "'10.0.0.0/8'", reads: [PostgresInet.self],
            binds: [PostgresInet("::1")].compactMap { $0 }),
        Row(
            sql: "oid", literal: "1", reads: [UInt32.self, Int.self, Int64.self],
            binds: [1 as UInt32, 1 as Int, 1 as Int64]),
        Row(sql: "regclass", literal: "'pg_class'", reads: [UInt32.self], binds: [1 as UInt32]),
        Row(sql: "regtype", literal: "'int4'", reads: [UInt32.self], binds: [1 as UInt32]),
        Row(sql: "xid", literal: "'1'", reads: [UInt32.self], binds: []),
        Row(sql: "refcursor", literal: "'a'", reads: [String.self], binds: []),
    ]

    @Test("has the rows that are tested here, in words")
    func article() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../Sources/LibPQ/LibPQ.docc/Types.md")
        let article = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        let written = article.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst().map(String.init)
        #expect(written.count == Self.rows.count)
        for (line, row) in zip(written, Self.rows) {
            let cells = line.split(separator: "|").map { $0.split(separator: "`", omittingEmptySubsequences: false) }
            #expect(cells[0].count == 1 ? cells[0][0] == " \(row.sql) " : cells[0][1] == row.sql)
            let names = cells.map { cell in Set(cell.indices.filter { $0 % 2 == 1 }.map { String(cell[$0]) }) }
            #expect(names[1] == Set(row.reads.map { Self.name(of: $0) }), "\(line)")
            #expect(names[2] == Set(row.binds.map { Self.name(of: type(of: $0)) }), "\(line)")
        }
    }

    private static func name(of type: Any.Type) -> String {
        switch type {
        case is Label.Type: "PostgresEnum"
        case is [UInt8].Type: "[UInt8]"
        default: String(String(describing: type).prefix { $0 != "<" })
        }
    }

    @Test("is true of values, of arrays, and of raw values")
    func truth() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TYPE label AS ENUM ('a')")
            for (index, row) in Self.rows.enumerated() {
                // Each has a name of its own: a prepared statement keeps the types that it inferred.
                let table = "t\(index)"
                let type = row.sql == "an enum" ? "label" : row.sql
                let result = try await connection.queryRow(
                    "SELECT x, ARRAY[x, NULL], ARRAY[[x]] FROM CAST(\(unescaped: row.literal) AS \(unescaped: type)) x")
                for swift in row.reads { try Self.read(swift, result, row.sql) }

                try await connection.execute("CREATE TABLE \(unescaped: table) (x \(unescaped: type))")
                for value in row.binds {
                    let error = await postgresError { try await Self.bind(value, to: table, on: connection) }
                    #expect(error == nil, "\(Swift.type(of: value)) to \(row.sql): \(String(reflecting: error))")
                }
                let (raw, _, _) = try result.decode((PostgresRaw, [PostgresRaw?], [[PostgresRaw]]).self)
                try await Self.bind(raw, to: table, on: connection)
            }
        }
    }

    private static func bind(
        _ value: some PostgresEncodable, to table: String, on connection: PostgresConnection
    ) async throws {
        try await connection.execute("INSERT INTO \(unescaped: table) VALUES (\(value))")
    }

    private static func read<Value: PostgresDecodable>(_ type: Value.Type, _ row: PostgresRow, _ sql: String) throws {
        func arrays<Element: ArrayElement>(_: Element.Type) throws {
            let (_, array, nested) = try row.decode((Value, [Element?], [[Element]]).self)
            #expect(array.count == 2 && array[1] == nil && nested.count == 1, "\(sql)")
        }
        guard let element = type as? any ArrayElement.Type else {
            Issue.record("\(type) has no arrays")
            return
        }
        try arrays(element)
    }
}
