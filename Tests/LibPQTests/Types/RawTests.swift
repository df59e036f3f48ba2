import TestSupport
import Testing

@testable import LibPQ

@Suite("A raw value", .serialized, .timeLimit(.minutes(1)))
struct RawTests {
    @Test("of every kind of type is read, and bound again as it was")
    func roundTrip() async throws {
        let literals = [
            "12::money", "B'10110'", "B'101'::varbit(7)", "'(1,2)'::point", "'((1,2),3)'::circle",
            "'[(0,0),(1,1)]'::lseg",
            "'[1,5)'::int4range", "'empty'::daterange", "'{[1,2),[5,9)}'::int8multirange",
            "'08:00:2b:01:02:03'::macaddr",
            "'a b'::tsvector", "'a & b'::tsquery", "ROW(1, 'x', NULL)::pair", "ARRAY[ROW(1, 'x', 'y')::pair]",
            "'sad'::mood",
            "ARRAY['sad']::mood[]", "ARRAY[[1, NULL], [3, 4]]", "'16/B374D848'::pg_lsn", "1::int8", "'x'::text",
            "NULL::point",
            "NULL::pair", "'{}'::int4[]", "'7'::xid8", "'$.a'::jsonpath",
        ]
        try await withTestDatabase { database in
            let connection = try await connect(to: database)
            for literal in literals {
                let raw = try await connection.queryRow("SELECT \(unescaped: literal)").decode(PostgresRaw?.self)
                let (back, same) = try await connection.queryRow(
                    "SELECT \(raw), \(raw)::text IS NOT DISTINCT FROM (\(unescaped: literal))::text"
                ).decode((PostgresRaw?, Bool).self)
                #expect(same, "\(literal)")
                #expect(raw == nil || back == raw, "\(literal)")
            }
        }
    }

    @Test("that is a composite has fields")
    func fields() async throws {
        try await withTestDatabase { database in
            let connection = try await connect(to: database)
            let row = try await connection.queryRow("SELECT ROW(1, 'x', NULL)::pair AS p, ROW(2.5, ARRAY[1, 2]) AS r")
            let (pair, record) = try row.decode((PostgresRaw, PostgresRaw).self)
            let (a, b, c) = try pair.decodeFields((Int, String, String?).self)
            #expect(a == 1 && b == "x" && c == nil)
            let (number, array) = try record.decodeFields((PostgresNumeric, [Int]).self)
            #expect(number == PostgresNumeric("2.5") && array == [1, 2])

            let nested = try await connection.queryRow(
                "SELECT ARRAY[ROW(1, 'a', 'b')::pair, NULL], ARRAY[[ROW(2, 'c', NULL)::pair]], ROW(ROW(3, '', '')::pair)"
            )
            let (list, matrix, outer) = try nested.decode(([PostgresRaw?], [[PostgresRaw]], PostgresRaw).self)
            #expect(list.count == 2 && list[1] == nil)
            let first = try #require(list[0]).decodeFields((Int, String, String).self)
            #expect(first == (1, "a", "b"))
            let second = try matrix[0][0].decodeFields((Int, String, String?).self)
            #expect(second.0 == 2 && second.2 == nil)
            let inner = try outer.decodeFields((PostgresRaw).self)
            #expect(try inner.decodeFields((Int, String, String).self) == (3, "", ""))
        }
    }

    @Test("that cannot be taken apart so says where it was and why")
    func failures() async throws {
        try await withTestDatabase { database in
            let connection = try await connect(to: database)
            let row = try await connection.queryRow("SELECT ROW(1, 'x', NULL)::pair AS p, 5 AS i, B'1' AS b")
            let (pair, int, bit) = try row.decode((PostgresRaw, PostgresRaw, PostgresRaw).self)
            func check(_ part: String, _ body: () throws -> Void) {
                let error = #expect(throws: PostgresError.self, performing: body)
                #expect(error?.code == .decodingFailed)
                #expect(error?.file.hasSuffix("RawTests.swift") == true)
                #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
            }
            check("column \"p\", field \"2\" (text)") { _ = try pair.decodeFields((Int, Int, Int?).self) }
            check("column \"p\", field \"3\" (text): NULL") { _ = try pair.decodeFields((Int, String, String).self) }
            check("3 fields, 2") { _ = try pair.decodeFields((Int, String).self) }
            check("column \"i\" (int4): not a composite") { _ = try int.decodeFields((Int, String).self) }
            check("column \"b\" (bit): not a bool, cannot be read as Bool") { _ = try bit.decode(Bool.self) }
            #expect(try int.decode(Int.self) == 5)
            let arrays: [PostgresQuery] = ["SELECT \([pair])", "SELECT \([pair, nil])", "SELECT \([[pair]])"]
            for query in arrays {
                let error = await postgresError { try await connection.query(query) }
                #expect(error?.code == .encodingFailed)
            }
        }
    }

    @Test("with broken bytes is an error in every decoder, never a crash")
    func brokenBytes() {
        var random = SeededGenerator(for: "brokenBytes")
        func decode<Value: PostgresDecodable>(_ value: Value.Type, _ type: PostgresType, valid: [UInt8]) {
            for round in 0..<300 {
                var bytes = valid
                switch round % 3 {
                case 0: bytes = Array(valid.prefix(Int.random(in: 0...valid.count, using: &random)))
                case 1:
                    bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in .random(in: 0...255, using: &random)
                    }
                default:
                    for _ in 0...Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                        bytes[.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                    }
                }
                let raw = PostgresRaw(type: type, bytes: bytes)
                _ = try? raw.decode(Value.self)
            }
        }
        let header: [UInt8] = [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]
        decode([[Int]].self, .int4Array, valid: header + [0, 0, 0, 4, 0, 0, 0, 7])
        decode([[Int?]].self, .int4Array, valid: header + [255, 255, 255, 255])
        decode([Int].self, .int4Array, valid: [0, 0, 0, 1] + header[4..<20] + [0, 0, 0, 4, 0, 0, 0, 7])
        decode(PostgresNumeric.self, .numeric, valid: [0, 2, 0, 1, 0x40, 0, 0, 2, 0, 1, 0x26, 0xAC])
        decode(PostgresDate.self, .date, valid: [0, 0, 0, 1])
        decode(PostgresTime.self, .time, valid: [0, 0, 0, 0, 0, 0, 0, 1])
        decode(PostgresTimeTZ.self, .timetz, valid: [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
        decode(PostgresTimestampTZ.self, .timestamptz, valid: [0, 0, 0, 0, 0, 0, 0, 1])
        decode(PostgresInterval.self, .interval, valid: Array(repeating: 0, count: 16))
        decode(Duration.self, .interval, valid: Array(repeating: 255, count: 12) + [0, 0, 0, 0])
        decode(PostgresInet.self, .inet, valid: [2, 32, 0, 4, 1, 2, 3, 4])
        let composite: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 23, 0, 0, 0, 4, 0, 0, 0, 7]
        for count in 0...composite.count {
            let raw = PostgresRaw(type: .record, bytes: Array(composite.prefix(count)))
            #expect(((try? raw.decodeFields((Int).self)) != nil) == (count == composite.count))
        }
    }

    @Test("that is an array of more elements than its bytes can hold, or of none in several dimensions, is refused")
    func brokenDimensions() throws {
        func array(_ dimensions: [UInt8], padding: Int = 0) -> PostgresRaw {
            var bytes: [UInt8] = [0, 0, 0, UInt8(dimensions.count), 0, 0, 0, 0, 0, 0, 0, 23]
            for count in dimensions { bytes += [0, 0, 0, count, 0, 0, 0, 1] }
            return PostgresRaw(type: .int4Array, bytes: bytes + [UInt8](repeating: 0, count: padding))
        }
        for broken in [array([9, 9, 0], padding: 40), array([9, 9, 1], padding: 40), array([0, 1, 1])] {
            let error = #expect(throws: PostgresError.self) { try broken.decode([[[Int]]].self) }
            #expect(error?.message.contains("a broken array header") == true)
        }
        #expect(try array([0]).decode([Int].self) == [])
        #expect(try array([]).decode([[[Int]]].self) == [])
    }

    @Test("that is a numeric of a smaller weight than can be written is refused; the smallest is bound again as it was")
    func numericWeight() throws {
        let zeros = PostgresRaw(type: .numeric, bytes: [0, 2, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        let error = #expect(throws: PostgresError.self) { try zeros.decode(PostgresNumeric.self) }
        #expect(error?.message.contains("a broken numeric") == true)
        let smallest: [UInt8] = [0, 1, 0x80, 0, 0, 0, 0, 0, 0, 1]
        let number = try PostgresRaw(type: .numeric, bytes: smallest).decode(PostgresNumeric.self)
        var buffer = PostgresBuffer()
        number.encode(into: &buffer)
        #expect(buffer.bytes == smallest)
    }

    private func connect(to database: TestDatabase) async throws -> PostgresConnection {
        let connection = try await database.connect()
        try await connection.execute("CREATE TYPE pair AS (a int, b text, c text)")
        try await connection.execute("CREATE TYPE mood AS ENUM ('sad')")
        return connection
    }
}
