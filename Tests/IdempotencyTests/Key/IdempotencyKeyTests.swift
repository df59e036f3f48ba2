import TestSupport
import Testing

@testable import Idempotency

@Suite("Idempotency-Key field")
struct IdempotencyKeyTests {
    /// What a field value means: a key, or an error.
    enum Meaning: Sendable, Hashable {
        case success(String)
        case failure(KeyError.Code)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let value: String
        let lenient: Meaning
        let strict: Meaning

        init(_ value: String, lenient: Meaning, strict: Meaning) {
            self.value = value
            self.lenient = lenient
            self.strict = strict
        }

        /// Both syntaxes agree.
        init(_ value: String, _ both: Meaning) {
            self.init(value, lenient: both, strict: both)
        }

        /// A bare key: literally this in lenient syntax, refused in strict.
        init(bare value: String) {
            self.init(value, lenient: .success(value), strict: .failure(.bareKey))
        }

        var testDescription: String { "[\(value.prefix(40))]" }
    }

    static let a255 = String(repeating: "a", count: 255)

    static let rows: [Row] = [
        // RFC 9651 strings
        Row(#""abc""#, .success("abc")),
        Row(#"  "abc"  "#, .success("abc")),
        Row("\t\"abc\"\t", .success("abc")),
        Row(#""8e03978e-40d5-43e8-bc93-6894a57f9324""#, .success("8e03978e-40d5-43e8-bc93-6894a57f9324")),
        Row(#""a\"b\\c""#, .success(#"a"b\c"#)),
        Row(#""abc";p"#, .success("abc")),
        Row(#""abc"; p=1;q="x";r=@1659578233;s=?0;t=:YWJj:;u=%"f%c3%bc";v=tok"#, .success("abc")),
        Row("\"\(a255)\"", .success(a255)),
        // broken, or not one string
        Row(#""abc"#, .failure(.malformedString)),
        Row(#"""#, .failure(.malformedString)),
        Row(#""a\bc""#, .failure(.malformedString)),
        Row(#""abc"def"#, .failure(.malformedString)),
        Row(#""abc" "def""#, .failure(.malformedString)),
        Row(#""abc", "def""#, .failure(.malformedString)),
        Row(#""abc";"#, .failure(.malformedString)),
        Row(#""abc";P=1"#, .failure(.malformedString)),
        Row(#""abc";p=@99999999999999999999"#, .failure(.malformedString)),
        // the key in the string
        Row(#""""#, .failure(.empty)),
        Row(#""a b""#, .failure(.notVisibleASCII)),
        Row(#"" ""#, .failure(.notVisibleASCII)),
        Row("\"a\tb\"", .failure(.notVisibleASCII)),
        Row("\"a\u{0}b\"", .failure(.notVisibleASCII)),
        Row("\"a\u{7F}b\"", .failure(.notVisibleASCII)),
        Row(#""kéy""#, .failure(.notVisibleASCII)),
        Row("\"\u{FFFD}\"", .failure(.notVisibleASCII)),
        Row("\"\(a255)a\"", .failure(.tooLong)),
        Row("\"\(String(repeating: "a", count: 3000))\"", .failure(.fieldTooLong)),
        Row("\"a\";p=" + String(repeating: "b", count: 1018), .success("a")),
        Row("\"a\";p=" + String(repeating: "b", count: 1019), .failure(.fieldTooLong)),
        Row(String(repeating: " ", count: 1023) + "\"", .failure(.malformedString)),
        Row(String(repeating: " ", count: 1024) + "a", .failure(.fieldTooLong)),
        Row(String(repeating: "\u{e9}", count: 513), .failure(.fieldTooLong)),
        // bare
        Row(bare: "abc"),
        Row(bare: "8e03978e-40d5-43e8-bc93-6894a57f9324"),
        Row(bare: "!~"),
        Row(bare: a255),
        Row(bare: #"a"b"#),
        Row(bare: #"abc""#),
        Row(bare: #"\"abc\""#),
        Row(bare: "abc;foo=1"),
        Row(bare: "a,b"),
        Row(bare: "42"),
        Row(bare: "1.5"),
        Row(bare: "?1"),
        Row(bare: "@1659578233"),
        Row(bare: "@123"),
        Row(bare: ":YWJj:"),
        Row(bare: "(a)"),
        Row(bare: #"%"abc""#),
        Row(" \tabc \t", lenient: .success("abc"), strict: .failure(.bareKey)),
        Row("", .failure(.empty)),
        Row(" \t ", .failure(.empty)),
        Row("a b", lenient: .failure(.notVisibleASCII), strict: .failure(.bareKey)),
        Row("a, b", lenient: .failure(.notVisibleASCII), strict: .failure(.bareKey)),
        Row("a\u{0}", lenient: .failure(.notVisibleASCII), strict: .failure(.bareKey)),
        Row("a\r\nb", lenient: .failure(.notVisibleASCII), strict: .failure(.bareKey)),
        Row("schlüssel", lenient: .failure(.notVisibleASCII), strict: .failure(.bareKey)),
        Row(a255 + "a", lenient: .failure(.tooLong), strict: .failure(.bareKey)),
        Row(String(repeating: "a", count: 1024), lenient: .failure(.tooLong), strict: .failure(.bareKey)),
        Row(String(repeating: "a", count: 1025), .failure(.fieldTooLong)),
    ]

    static func meaning(_ values: [String], _ syntax: IdempotencyKey.Syntax) -> Meaning {
        do throws(KeyError) {
            return .success(try IdempotencyKey(parsing: values, syntax: syntax).rawValue)
        } catch {
            return .failure(error.code)
        }
    }

    @Test("a field value means one key or one error in lenient syntax", arguments: rows)
    func lenient(row: Row) {
        #expect(Self.meaning([row.value], .lenient) == row.lenient)
    }

    @Test("a field value means one key or one error in strict syntax", arguments: rows)
    func strict(row: Row) {
        #expect(Self.meaning([row.value], .strict) == row.strict)
    }

    @Test("quoted and bare are the same key, and lenient is the default")
    func sameKey() throws {
        let quoted = try IdempotencyKey(parsing: #""abc";p=1"#)
        let bare = try IdempotencyKey(parsing: "abc")
        #expect(quoted == bare)
        #expect(KeyID(quoted) == KeyID(bare))
    }

    @Test(
        "no field and several fields are errors, even several equal ones",
        arguments: [IdempotencyKey.Syntax.lenient, .strict])
    func fieldCount(syntax: IdempotencyKey.Syntax) {
        #expect(Self.meaning([], syntax) == .failure(.missing))
        #expect(Self.meaning([#""a""#, #""b""#], syntax) == .failure(.severalFields))
        #expect(Self.meaning([#""a""#, #""a""#], syntax) == .failure(.severalFields))
        #expect(Self.meaning(["", ""], syntax) == .failure(.severalFields))
    }

    @Test("neither a key nor the error about one shows what was sent")
    func redaction() throws {
        let key = try IdempotencyKey("secret-key")
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\([key])", "\(["k": key])", dumped] {
            #expect(!text.contains("secret"))
        }
        for value in ["secret key", "\"secret", String(repeating: "secret", count: 100), "secret\u{e9}"] {
            let error = #expect(throws: KeyError.self) { try IdempotencyKey(parsing: value) }
            #expect(error.map { !String(reflecting: $0).contains("secret") && !$0.message.isEmpty } == true)
        }
    }

    @Test("hostile values neither crash the parser nor make an invalid key")
    func fuzz() {
        var random = SeededRandom()
        let alphabet = Array(#""""\\;;==abz019 ,.@?:%()*-_"#.utf8) + [0x09, 0x00, 0x7F, 0xC3, 0xBC]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in alphabet.randomElement(using: &random)!
            }
            let value = (Bool.random(using: &random) ? "\"" : "") + String(decoding: bytes, as: UTF8.self)
            for syntax in [IdempotencyKey.Syntax.lenient, .strict] {
                guard case .success(let key) = Self.meaning([value], syntax) else { continue }
                #expect(1...255 ~= key.utf8.count && key.utf8.allSatisfy { 0x21...0x7E ~= $0 }, "seed \(random.seed)")
            }
        }
    }
}
