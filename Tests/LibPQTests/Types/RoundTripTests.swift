import LibPQ
import TestSupport
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Sends values to the server and back, and asks the server what it understood.
@Suite("Every type goes to the server and back", .serialized, .timeLimit(.minutes(2)))
struct RoundTripTests {
    static let rounds = 40

    /// `sqlType` is how the server's own parser reads the value's text form back.
    func check<Value: PostgresCodable>(
        _ values: [Value], _ sqlType: String, on connection: PostgresConnection, text: ((Value) -> String)? = nil,
        same: (Value, Value) -> Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for value in values {
            let (back, shown) = try await connection.queryRow("SELECT \(value), \(value)::text")
                .decode((Value?, String?).self)
            let parsed = try await connection.queryRow("SELECT \(shown)::\(unescaped: sqlType)").decode(Value?.self)
            for found in [back, parsed] {
                if let found {
                    #expect(same(found, value), "\(found) for \(value)", sourceLocation: sourceLocation)
                } else {
                    #expect(value.isPostgresNull, "NULL for \(value)", sourceLocation: sourceLocation)
                }
            }
            if let text, let shown { #expect(shown == text(value), sourceLocation: sourceLocation) }
        }
    }

    func check<Value: PostgresCodable & Equatable>(
        _ values: [Value], _ sqlType: String, on connection: PostgresConnection, text: ((Value) -> String)? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await check(values, sqlType, on: connection, text: text, same: ==, sourceLocation: sourceLocation)
    }

    @Test("integers and booleans")
    func integers() async throws {
        var random = SeededGenerator(for: "integers")
        func some<T: FixedWidthInteger>(_: T.Type) -> [T] {
            [0, 1, .min, .max] + (0..<Self.rounds).map { _ in T.random(in: .min ... .max, using: &random) }
        }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check([true, false], "bool", on: connection, text: { $0 ? "true" : "false" })
            try await check(some(Int16.self), "int2", on: connection, text: \.description)
            try await check(some(Int32.self), "int4", on: connection, text: \.description)
            try await check(some(Int64.self), "int8", on: connection, text: \.description)
            try await check(some(Int.self), "int8", on: connection, text: \.description)
            try await check([nil, 5] as [Int?], "int8", on: connection)
            try await check([nil, true] as [Bool?], "bool", on: connection)
        }
    }

    @Test("floating-point numbers, infinities and NaN")
    func floats() async throws {
        var random = SeededGenerator(for: "floats")
        var doubles: [Double] = [
            0, -0.0, 1, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .pi,
        ]
        var floats: [Float] = [
            0, -0.0, 1, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .pi,
        ]
        for _ in 0..<Self.rounds {
            let (double, float) = (
                Double(bitPattern: random.next()), Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
            )
            doubles.append(double)
            floats.append(float)
        }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(doubles, "float8", on: connection) { $0.isNaN ? $1.isNaN : $0.bitPattern == $1.bitPattern }
            try await check(floats, "float4", on: connection) { $0.isNaN ? $1.isNaN : $0.bitPattern == $1.bitPattern }
            try await check([nil, 0.1] as [Double?], "float8", on: connection)
        }
    }

    @Test("text, with every kind of character but NUL")
    func text() async throws {
        var random = SeededGenerator(for: "text")
        var strings = [
            "", " ", "'", "\"", "\\", "\\N", "NULL", "{}", "a\nb\r\tc", "é", "e\u{301}", "🏳️‍🌈", "\u{FEFF}", "\u{10FFFF}",
        ]
        for _ in 0..<Self.rounds {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...50, using: &random) {
                if let scalar = Unicode.Scalar(UInt32.random(in: 1...0x10FFFF, using: &random)) {
                    scalars.append(scalar)
                }
            }
            strings.append(String(scalars))
        }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            // Not ==, which takes two ways to write é for equal.
            try await check(strings, "text", on: connection, text: { $0 }) { Array($0.utf8) == Array($1.utf8) }
            try await check([nil, ""] as [String?], "text", on: connection)
        }
    }

    @Test("bytes and UUIDs")
    func bytes() async throws {
        var random = SeededGenerator(for: "bytes")
        var arrays: [[UInt8]] = [[], [0], Array(0...255)]
        var ids = [UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), UUID()]
        for _ in 0..<Self.rounds {
            arrays.append(
                (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
            ids.append(UUID.random(using: &random))
        }
        func hex(_ bytes: some Sequence<UInt8>) -> String {
            "\\x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(arrays, "bytea", on: connection, text: { hex($0) })
            try await check(arrays.map { Data($0) }, "bytea", on: connection, text: { hex($0) })
            try await check([nil, []] as [[UInt8]?], "bytea", on: connection)
            try await check(ids, "uuid", on: connection, text: { $0.uuidString.lowercased() })
            try await check([nil, UUID()] as [UUID?], "uuid", on: connection)
        }
    }

    @Test("dates, to the microsecond")
    func dates() async throws {
        var random = SeededGenerator(for: "dates")
        // A Date counts in seconds from 2001 as a Double, which holds microseconds for a few decades around.
        var microseconds: [Int64] = [0, 1, -1, 999_999, 1_000_001, -999_999, 978_307_200_000_000, 946_684_799_999_999]
        for _ in 0..<Self.rounds { microseconds.append(Int64.random(in: 0...2_500_000_000_000_000, using: &random)) }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            func micros(_ date: Date) -> Int64 {
                Int64((date.timeIntervalSinceReferenceDate * 1_000_000).rounded()) + 978_307_200_000_000
            }
            for value in microseconds {
                let date = Date(timeIntervalSinceReferenceDate: Double(value - 978_307_200_000_000) / 1_000_000)
                let (back, epoch) = try await connection.queryRow(
                    "SELECT \(date), (extract(epoch FROM \(date)) * 1000000)::bigint"
                ).decode((Date, Int64).self)
                #expect(epoch == value)
                #expect(micros(back) == value)
                let parsed = try await connection.queryRow(
                    "SELECT '2000-01-01Z'::timestamptz + \(value - 946_684_800_000_000) * interval '1 microsecond'"
                ).decode(Date.self)
                #expect(micros(parsed) == value)
            }
            try await check([nil, Date(timeIntervalSinceReferenceDate: 0.5)] as [Date?], "timestamptz", on: connection)
            try await check([Date.distantPast, Date.distantFuture], "timestamptz", on: connection)
            let plain = try await connection.queryRow("SELECT timestamp '2001-01-01 00:00:00.25'").decode(Date.self)
            #expect(plain == Date(timeIntervalSinceReferenceDate: 0.25))
        }
    }

    private struct Order: Codable, Hashable, Sendable {
        var id: Int
        var name: String
        var lines: [Double]
        var note: String?
    }

    @Test("JSON by Codable")
    func json() async throws {
        let orders = [
            Order(id: .max, name: "", lines: [], note: nil),
            Order(id: -1, name: "\"quoted\" \\ é 🏳️‍🌈", lines: [0.1, -2.5e300], note: "\n\t"),
        ]
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(orders.map { PostgresJSON($0) }, "jsonb", on: connection)
            try await check([nil, PostgresJSON(orders[0])], "jsonb", on: connection)
            try await check([PostgresJSON([1, 2]), PostgresJSON([])], "jsonb", on: connection)
            try await check([orders.map { PostgresJSON($0) }], "jsonb[]", on: connection)
            let plain = try await connection.queryRow(#"SELECT '{"a": 1}'::json, '{"a": 1}'::jsonb, '{"a":1}'::json"#)
                .decode((PostgresJSON<[String: Int]>, String, String).self)
            #expect(plain.0.value == ["a": 1])
            #expect(plain.1 == #"{"a": 1}"#)
            #expect(plain.2 == #"{"a":1}"#)
        }
    }

    @Test("arrays, empty ones, and arrays with NULLs")
    func arrays() async throws {
        var random = SeededGenerator(for: "arrays")
        let ints = (0..<Self.rounds).map { _ in
            (0..<Int.random(in: 0...20, using: &random)).map { _ in
                Bool.random(using: &random) ? Int?.none : Int.random(in: .min ... .max, using: &random)
            }
        }
        func text(_ array: [Int?]) -> String {
            "{" + array.map { $0?.description ?? "NULL" }.joined(separator: ",") + "}"
        }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(ints, "int8[]", on: connection, text: { text($0) })
            try await check([[], [1, 2, 3]] as [[Int]], "int8[]", on: connection)
            try await check([[.min, .max, 0]] as [[Int16]], "int2[]", on: connection)
            try await check([[.min, .max, 0]] as [[Int32]], "int4[]", on: connection)
            try await check([[.min, .max, 0]] as [[Int64]], "int8[]", on: connection)
            try await check([[0.5, -.infinity]] as [[Float]], "float4[]", on: connection)
            try await check([[0.1, .infinity]] as [[Double]], "float8[]", on: connection)
            try await check([[true, false]], "bool[]", on: connection, text: { _ in "{t,f}" })
            try await check([["", "NULL", "a,b", "\"", "\\", "{}", "é"], []], "text[]", on: connection)
            try await check([["a", nil, ""], [nil]] as [[String?]], "text[]", on: connection)
            try await check([[UUID(), UUID()]], "uuid[]", on: connection)
            try await check([[Data(), Data([0, 255])]], "bytea[]", on: connection)
            try await check([[Date(timeIntervalSinceReferenceDate: 1.25), nil]], "timestamptz[]", on: connection)
            try await check([nil, [1]] as [[Int]?], "int8[]", on: connection)
            let others = try await connection.queryRow("SELECT ARRAY['a'::varchar], ARRAY[1::int2], '{}'::int4[]")
                .decode(([String], [Int], [Int]).self)
            #expect(others == (["a"], [1], []))
        }
    }

    @Test("text of types that are read as text: varchar, char, name, enums and domains")
    func textTypes() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')")
            try await connection.execute("CREATE DOMAIN positive AS int CHECK (VALUE > 0)")
            let row = try await connection.queryRow(
                "SELECT 'a'::varchar(5), 'b'::char(3), 'c'::name, 'd'::\"char\", \("happy")::mood, 7::positive, 'x'")
            let (a, b, c, d, e, f, g) = try row.decode((String, String, String, String, String, Int, String).self)
            #expect([a, b, c, d, e, g] == ["a", "b  ", "c", "d", "happy", "x"])
            #expect(f == 7)
            let empty = try await connection.queryRow("SELECT ''::\"char\"").decode(String.self)
            #expect(empty == "")
        }
    }
}

extension UUID {
    fileprivate static func random(using generator: inout SeededGenerator) -> UUID {
        let (high, low) = (generator.next(), generator.next())
        return UUID(uuid: unsafeBitCast((high, low), to: uuid_t.self))
    }
}
