import LibPQ
import TestSupport
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension RoundTripTests {
    @Test("numeric of any size, with its display scale, NaN and infinities")
    func numerics() async throws {
        var random = SeededGenerator(for: "numerics")
        let texts =
            [
                "0", "0.00", "1", "-1", "10000", "9999", "0.0001", "0.00001", "100000000", "-1.50",
                "1.000000000000000000",
                "123456789.987654321", "0.1", "1000000000000000000000000000000", "NaN", "Infinity", "-Infinity",
                String(repeating: "9", count: 131_072), "0." + String(repeating: "0", count: 16_382) + "1",
                "-" + String(repeating: "1234567890", count: 1000) + "." + String(repeating: "0987654321", count: 1000),
            ] + (0..<Self.rounds * 5).map { _ in Self.decimalText(maximumDigits: 60, using: &random) }
        let numerics = try texts.map { try #require(PostgresNumeric($0), "\($0.prefix(80))") }
        for (numeric, text) in zip(numerics, texts) {
            #expect(numeric.description == text)
            #expect(numeric.displayScale == (text.firstIndex(of: ".").map { text[$0...].dropFirst().count } ?? 0))
        }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(numerics, "numeric", on: connection, text: \.description)
            for (numeric, text) in zip(numerics, texts) {  // == overlooks the scale
                let back = try await connection.queryRow("SELECT \(text)::numeric").decode(PostgresNumeric.self)
                #expect(back.description == text)
                #expect(back.displayScale == numeric.displayScale)
            }
            try await check([nil, numerics[0]], "numeric", on: connection)
            try await check([numerics, []], "numeric[]", on: connection)
            // Exponents, as the server reads them.
            for text in ["1e5", "1.5e-3", "-.5E+1", "5.", "0e10", "0e-10", "12345.678e2", "1e-16383", "1e131071"] {
                let server = try await connection.queryRow("SELECT \(text)::numeric").decode(PostgresNumeric.self)
                #expect(PostgresNumeric(text)?.description == server.description)
            }
        }
    }

    @Test("numeric in SQL's order")
    func numericOrder() async throws {
        var random = SeededGenerator(for: "numericOrder")
        var texts = [
            "NaN", "Infinity", "-Infinity", "0", "-0.0", "1.5", "1.50", "-1.5", "10000", "9999", "0.0001", "-0.0001",
        ]
        for _ in 0..<Self.rounds { texts.append(Self.decimalText(maximumDigits: 4, using: &random)) }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let rows = try await connection.query(
                """
                SELECT a::numeric, b::numeric, a::numeric < b::numeric, a::numeric = b::numeric
                FROM unnest(\(texts)) a, unnest(\(texts)) b
                """)
            #expect(rows.count == texts.count * texts.count)
            for (a, b, less, equal) in try rows.decode((PostgresNumeric, PostgresNumeric, Bool, Bool).self) {
                #expect((a < b) == less, "\(a) < \(b)")
                #expect((a == b) == equal, "\(a) == \(b)")
                if equal { #expect(a.hashValue == b.hashValue) }
            }
        }
    }

    @Test("Decimal")
    func decimals() async throws {
        var random = SeededGenerator(for: "decimals")
        let largest = try #require(Decimal(string: "340282366920938463463374607431768211455"))
        var decimals: [Decimal] = [
            0, 1, -1, 10, 10_000, largest, -largest, .nan, .pi, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
            Decimal(sign: .minus, exponent: -128, significand: largest),
            Decimal(sign: .plus, exponent: 127, significand: largest),
        ]
        for _ in 0..<Self.rounds * 5 {
            let text = Self.decimalText(maximumDigits: 38, using: &random)
            decimals.append(try #require(Decimal(string: text)))
        }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(decimals, "numeric", on: connection, text: { $0.isNaN ? "NaN" : $0.description })
            try await check([nil, 1.5] as [Decimal?], "numeric", on: connection)
            try await check([decimals, []], "numeric[]", on: connection)
            let row = try await connection.queryRow("SELECT 1.500, 1200::numeric, sum(x) FROM generate_series(1, 3) x")
            let (price, large, sum) = try row.decode((Decimal, Decimal, Int).self)
            #expect([price, large] == [1.5, 1200])
            #expect(sum == 6)
        }
    }

    @Test("a numeric as Decimal: the same number or nil, never NaN or rounded, from 10^-170 to 10^212")
    func decimalsOrNothing() throws {
        var random = SeededGenerator(for: "decimalsOrNothing")
        for _ in 0..<Self.rounds * 10 {
            let digits = (0..<Int.random(in: 1...42, using: &random)).map { _ in
                String(Int.random(in: 0...9, using: &random))
            }.joined()
            let exponent = Int.random(in: -170...170, using: &random)
            let numeric = try #require(PostgresNumeric("\(digits)e\(exponent)"))
            if let decimal = Decimal(exactly: numeric) {
                #expect(PostgresNumeric(decimal) == numeric, "\(digits)e\(exponent)")
            } else {
                #expect(digits.count > 37 || !(-128...80).contains(exponent), "\(digits)e\(exponent)")
            }
        }
    }

    @Test("integers as PostgresNumeric")
    func numericIntegers() async throws {
        var random = SeededGenerator(for: "numericIntegers")
        for _ in 0..<Self.rounds {
            let integer = Int.random(in: .min ... .max, using: &random)
            #expect(PostgresNumeric(integer).description == integer.description)
        }
        for integer in [Int.min, .max, 0, 10_000, -10_000, 9999] {
            #expect(PostgresNumeric(integer).description == integer.description)
        }
        #expect(PostgresNumeric(UInt128.max).description == UInt128.max.description)
        #expect(PostgresNumeric(UInt8.max) == PostgresNumeric("255.0"))
    }

    @Test(
        "what is no numeric",
        arguments: [
            "", " 1", "1 ", "+", "-", ".", "1.2.3", "1e", "e5", "1e1.5", "0x10", "1_000", "--1", "+-1", "٣", "1e131072",
            "1e-16384", "1e99999999999999999999", "Infinit", "- Infinity", "+NaN",
        ])
    func noNumeric(_ text: String) {
        #expect(PostgresNumeric(text) == nil)
    }

    private static func decimalText(maximumDigits: Int, using random: inout SeededGenerator) -> String {
        let digits = Int.random(in: 1...maximumDigits, using: &random)
        // Runs of zeros and nines, where carrying and trimming go wrong.
        let alphabet = ["0", "9", "0123456789", "01"].randomElement(using: &random) ?? ""
        var text = String((0..<digits).map { _ in alphabet.randomElement(using: &random) ?? "0" })
        let scale = Int.random(in: 0...digits, using: &random)
        var integer = String(text.dropLast(scale).drop { $0 == "0" })
        if integer.isEmpty { integer = "0" }
        text = integer + (scale == 0 ? "" : "." + text.suffix(scale))
        let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
        return (!isZero && Bool.random(using: &random) ? "-" : "") + text
    }
}
