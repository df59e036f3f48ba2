import TestSupport
import Testing

@testable import Idempotency

@Suite("Canonical JSON")
struct CanonicalJSONTests {
    static func canonical(_ text: String) -> String? {
        CanonicalJSON(Array(text.utf8)).map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    // MARK: RFC 8785

    @Test(
        "the example of RFC 8785 section 3.2.2 becomes that of 3.2.3; but its 333333333.33333329, no double's own text, keeps its value"
    )
    func example() {
        let text = #"""
            {
              "numbers": [333333333.33333329, 1E30, 4.50,
                          2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """#
        let expected =
            #"{"literals":[null,true,false],"numbers":[333333333.33333329,1e+30,4.5,0.002,1e-27],"#
            + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#
        #expect(Self.canonical(text) == expected)
    }

    @Test("members are in the order of UTF-16 code units: the example of RFC 8785 section 3.2.3")
    func order() {
        let text = #"""
            {
              "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
              "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
            }
            """#
        let values = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]
        let canonical = Self.canonical(text) ?? ""
        let places = values.map { canonical.firstRange(of: $0)?.lowerBound }
        #expect(places.allSatisfy { $0 != nil } && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
        #expect(canonical.hasPrefix("{\"\\r\":") && canonical.contains("\"\u{1F600}\""))
    }

    @Test(
        "numbers that a double spells are written as in RFC 8785 appendix B",
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"), (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"), (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"), (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"), (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"), (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] as [(UInt64, String)])
    func doubles(bits: UInt64, expected: String) {
        // Swift writes the same shortest digits in another form.
        #expect(Self.canonical("\(Double(bitPattern: bits))") == expected)
        #expect(Self.canonical(expected) == expected)
    }

    // MARK: Numbers

    @Test(
        "spellings of one number become one",
        arguments: [
            (["0", "-0", "0.0", "-0e7", "0e-400", "0e99999999999999999999", "0.000"], "0"),
            (["1.5", "1.50", "15e-1", "0.15E+1", "0.0015e0003", "150000000000000000000000e-23"], "1.5"),
            (["1250", "1250.0", "1.25e3", "125E1", "0.125e+04"], "1250"),
            (["-1e21", "-1000000000000000000000", "-0.1e22"], "-1e+21"),
            (["100000000000000000000", "1e20"], "100000000000000000000"),
            (["1e400", "1E+0400", "10e399"], "1e+400"),
            (["1e-7", "0.0000001"], "1e-7"),
            (
                ["123456789012345678901234567890", "1.2345678901234567890123456789e29"],
                "1.2345678901234567890123456789e+29"
            ),
        ])
    func sameNumber(spellings: [String], expected: String) {
        #expect(spellings.map(Self.canonical) == spellings.map { _ in expected })
    }

    @Test("numbers that a double would round to one another stay different")
    func otherNumbers() {
        let numbers = [
            "1", "1.00000000000000001", "0.99999999999999999999", "9007199254740992", "9007199254740993",
            "9007199254740993.0000000000000000000001", "1e400", "1e401", "1e-400", "0", "1e-401", "-1e400",
            "333333333.33333329", "333333333.3333333", "123456789012345678901", "1234567890123456789012",
            "12345678901234567890123.5", "12345678901234567890123",
        ]
        #expect(Set(numbers.map(Self.canonical)).count == numbers.count)
    }

    @Test("the canonical text of any number is that number: random ones, against their digits")
    func randomNumbers() throws {
        var random = SeededRandom()
        for _ in 0..<5000 {
            let digits = String(
                (0..<Int.random(in: 1...30, using: &random)).map { _ in "0123456789".randomElement(using: &random)! })
            let (point, exponent) = (
                Int.random(in: 0...digits.count, using: &random), Int.random(in: -30...30, using: &random)
            )
            let integer = digits.prefix(point).drop { $0 == "0" }
            let fraction = digits.dropFirst(point)
            let text = "\(integer.isEmpty ? "0" : integer)\(fraction.isEmpty ? "" : ".\(fraction)")e\(exponent)"
            let canonical = try #require(Self.canonical(text), "seed \(random.seed)")
            #expect(Self.scaled(canonical) == Self.scaled(text), "\(text), seed \(random.seed)")
            #expect(Self.canonical(canonical) == canonical, "seed \(random.seed)")
        }
    }

    /// The number times 10^100, as plain digits: another way to say which number it is.
    private static func scaled(_ text: String) -> String {
        let parts = text.split(separator: "e")
        let decimals = parts[0].split(separator: ".")
        let fraction = decimals.count > 1 ? String(decimals[1]) : ""
        let zeros = 100 + (parts.count > 1 ? Int(parts[1])! : 0) - fraction.count
        return String((decimals[0] + fraction + String(repeating: "0", count: zeros)).drop { $0 == "0" })
    }

    // MARK: Structure

    @Test(
        "white space, order and escapes do not matter",
        arguments: [
            (
                #" { "b" : [ 1 , { } , [ ] ] , "a" : { "d" : "x" , "c" : null } } "#,
                #"{"a":{"c":null,"d":"x"},"b":[1,{},[]]}"#
            ),
            ("\t\r\n true ", "true"),
            (#""\u0041\/\ud83d\ude00\u00e9""#, "\"A/\u{1F600}\u{e9}\""),
            (#""\b\t\n\f\r\u0001\u001F\u007f""#, "\"\\b\\t\\n\\f\\r\\u0001\\u001f\u{7f}\""),
            (#"{"a\u0062":1,"aa":2}"#, #"{"aa":2,"ab":1}"#),
            (##"{"":1,"\"":2,"!":3,"#":4}"##, ##"{"":1,"!":3,"\"":2,"#":4}"##),
        ])
    func structure(text: String, expected: String) {
        #expect(Self.canonical(text) == expected)
        #expect(Self.canonical(expected) == expected)
    }

    @Test("composed and decomposed characters are different names and different texts")
    func normalization() {
        #expect(
            Self.canonical("{\"\u{e9}\":1,\"e\u{301}\":2}")?.utf8.count == "{\"\u{e9}\":1,\"e\u{301}\":2}".utf8.count)
        #expect(CanonicalJSON(Array("\"\u{e9}\"".utf8))?.bytes != CanonicalJSON(Array("\"e\u{301}\"".utf8))?.bytes)
    }

    @Test(
        "what two readers could understand differently has no canonical form",
        arguments: [
            "", " ", "nul", "nulll", "True", "{", "}", "[", "[1", "[1,", "[1,]", "[,1]", "{\"a\"", "{\"a\":",
            "{\"a\":1", "{\"a\":1,}",
            "{a:1}", "{'a':1}", "{1:1}", "1 2", "[1] x", "[1 2]", "// x\n1", "NaN", "Infinity", "-", "+1", "01", "-01",
            "1.", ".5", "1e",
            "1e+", "0x10", "1_000", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\u{1}\"", "\"\n\"",
            "\u{FEFF}1",
            #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\ud800x""#, #""\ud800\n""#, #""\ud83d\ude0""#,
            #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#, #"{"x":[{"a":1,"a":2}]}"#,
            "1e9999999999999999", "0.1e-9999999999999999", "1e-9999999999999999999999999",
        ])
    func refused(text: String) {
        #expect(Self.canonical(text) == nil)
    }

    @Test(
        "bytes that are not UTF-8 have no canonical form",
        arguments: [[0x22, 0xFF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x31, 0xC3]] as [[UInt8]])
    func encoding(bytes: [UInt8]) {
        #expect(CanonicalJSON(bytes) == nil)
    }

    @Test("128 levels are rewritten, more are not, a million do not end the process")
    func depth() {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        #expect(Self.canonical(nested(128, "[", "]")) == nested(128, "[", "]"))
        #expect(Self.canonical(nested(128, "{\"a\":", "}")) == nested(128, "{\"a\":", "}"))
        #expect(Self.canonical(nested(129, "[", "]")) == nil)
        #expect(Self.canonical(nested(1_000_000, "[", "]")) == nil)
        #expect(Self.canonical(String(repeating: "{\"a\":", count: 1_000_000)) == nil)
    }
}
