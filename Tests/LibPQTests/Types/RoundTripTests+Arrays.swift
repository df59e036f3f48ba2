import LibPQ
import TestSupport
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension RoundTripTests {
    @Test("arrays of two and three dimensions, with NULLs")
    func nestedArrays() async throws {
        var random = SeededGenerator(for: "nestedArrays")
        func matrix() -> [[Int?]] {
            let columns = Int.random(in: 1...4, using: &random)
            return (0..<Int.random(in: 0...4, using: &random)).map { _ in
                (0..<columns).map { _ in
                    Bool.random(using: &random) ? Int?.none : Int.random(in: .min ... .max, using: &random)
                }
            }
        }
        func text(_ matrix: [[Int?]]) -> String {
            "{"
                + matrix.map { "{" + $0.map { $0?.description ?? "NULL" }.joined(separator: ",") + "}" }.joined(
                    separator: ",")
                + "}"
        }
        let matrices = (0..<Self.rounds).map { _ in matrix() } + [[[nil]], [[nil, nil], [nil, 1]]]
        let bytes: [[[UInt8]]] = [[[], [0, 1]], [[255], [2]]]
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(matrices, "int8[]", on: connection, text: { text($0) })
            try await check([[[[1, 2]], [[3, 4]]], [], [[[5], [6]]]] as [[[[Int]]]], "int8[]", on: connection)
            try await check(
                [[["a", nil], ["", "{}"]]] as [[[String?]]], "text[]", on: connection,
                text: { _ in #"{{a,NULL},{"","{}"}}"# })
            try await check([[[1.5, 2.5]]] as [[[Decimal]]], "numeric[]", on: connection)
            try await check([[[Date(timeIntervalSinceReferenceDate: 1)]]], "timestamptz[]", on: connection)
            try await check(
                [[[PostgresInterval(days: 1)], [PostgresInterval(months: 2)]]], "interval[]", on: connection)
            try await check([nil, [[1]]] as [[[Int]]?], "int8[]", on: connection)
            // Bytes are values, not a dimension.
            try await check(
                bytes, "bytea[]", on: connection,
                text: { $0 == bytes[0] ? #"{"\\x","\\x0001"}"# : #"{"\\xff","\\x02"}"# })
            try await check([bytes, []], "bytea[]", on: connection)
            try await check([[nil, [1]], [nil]] as [[[UInt8]?]], "bytea[]", on: connection)
            try await check([[[Data([1])], [Data()]]], "bytea[]", on: connection)
        }
    }

    @Test("int2vector and oidvector of the catalogue as arrays, and lower bounds that are not 1")
    func otherArrays() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let row = try await connection.queryRow("SELECT '1 2'::int2vector, '3 4'::oidvector, '[0:1]={5,6}'::int4[]")
            let (a, b, c) = try row.decode(([Int16], [UInt32], [Int]).self)
            #expect(a == [1, 2] && b == [3, 4] && c == [5, 6])
        }
    }
}
