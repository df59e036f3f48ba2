import HTTPTypes
import TestSupport
import Testing

@testable import Idempotency

@Suite("Header codec")
struct HeaderCodecTests {
    static func field(_ name: String, _ value: [UInt8]) throws -> HTTPField {
        HTTPField(name: try #require(HTTPField.Name(name)), lenientValue: value)
    }

    static func fields(_ pairs: [(String, String)]) throws -> HTTPFields {
        HTTPFields(try pairs.map { try field($0.0, Array($0.1.utf8)) })
    }

    /// Equal field by field, bytes, spelling and strategy included: `HTTPFields` compares less.
    static func expectSame(_ left: HTTPFields, _ right: HTTPFields, _ comment: Comment? = nil) {
        #expect(left.map(\.name.rawName) == right.map(\.name.rawName), comment)
        #expect(
            left.map { $0.withUnsafeBytesOfValue(Array.init) } == right.map { $0.withUnsafeBytesOfValue(Array.init) },
            comment)
        #expect(left.map(\.indexingStrategy) == right.map(\.indexingStrategy), comment)
    }

    @Test("order, duplicates, spelling and every byte come back")
    func roundTrip() throws {
        var fields = HTTPFields([
            try Self.field("Content-Type", Array("application/json; charset=utf-8".utf8)),
            try Self.field("LINK", Array("</a>; rel=next".utf8)),
            try Self.field("Location", Array("/payments/1".utf8)),
            try Self.field("link", Array("</b>; rel=prev".utf8)),
            try Self.field("x-empty", []),
            try Self.field("X-Latin", [0x66, 0xFC, 0x72]),
            try Self.field("X-UTF8", Array("für".utf8)),
            try Self.field("X-Broken", [0x80, 0xFF, 0xFE, 0xC3]),
            try Self.field("X-Spaces", Array("  in\tside  ".utf8)),
            try Self.field("X-Control", [0x01, 0x7F, 0x1B]),
            try Self.field(String(repeating: "n", count: 300), Array(repeating: 0x61, count: 70_000)),
        ])
        for (index, strategy) in [HTTPField.DynamicTableIndexingStrategy.prefer, .avoid, .disallow].enumerated() {
            fields[index].indexingStrategy = strategy
        }
        Self.expectSame(try HeaderCodec.decode(HeaderCodec.encode(fields)), fields)
        #expect(HeaderCodec.encode([:]) == [1, 0])
        #expect(try HeaderCodec.decode([1, 0]).isEmpty)
    }

    @Test("the stored form never changes between versions: stored outcomes would stop replaying")
    func vector() throws {
        let fields = try Self.fields([("A-b", "c"), ("d", "")])
        #expect(HeaderCodec.encode(fields) == [1, 2, 3 << 2, 0x41, 0x2D, 0x62, 1, 0x63, 1 << 2, 0x64, 0])
    }

    @Test(
        "bytes that are not a header are refused with their reason",
        arguments: [
            ([], .truncated),
            ([0, 0], .unknownVersion),
            ([2, 0], .unknownVersion),
            ([1], .truncated),
            ([1, 1], .truncated),
            ([1, 1, 4, 0x61], .truncated),
            ([1, 1, 4, 0x61, 5, 0x62], .truncated),
            ([1, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x61], .truncated),
            ([1, 0x80], .truncated),
            ([1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0], .invalidLength),
            ([1, 0xFF, 0xFF, 0x03], .tooManyFields),
            ([1, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], .tooManyFields),
            ([1, 0xFE, 0xFF, 0x03], .truncated),
            ([1, 0, 0], .trailingBytes),
            ([1, 1, 0, 0], .invalidName),
            ([1, 1, 8, 0x3A, 0x61, 0], .invalidName),
            ([1, 1, 8, 0x61, 0x20, 0], .invalidName),
            ([1, 1, 4, 0xFC, 0], .invalidName),
            ([1, 1, 4, 0x61, 3, 0x62, 0x0D, 0x0A], .invalidValue),
            ([1, 1, 4, 0x61, 1, 0x00], .invalidValue),
        ] as [([UInt8], HeaderCodecError.Code)])
    func refused(bytes: [UInt8], code: HeaderCodecError.Code) {
        #expect(throws: HeaderCodecError(code)) { try HeaderCodec.decode(bytes) }
    }

    @Test("the most fields that HTTPFields holds come back, one more is refused")
    func most() throws {
        let most = HTTPFields(repeatElement(try Self.field("a", []), count: 65_534))
        let bytes = HeaderCodec.encode(most)
        #expect(try HeaderCodec.decode(bytes).count == 65_534)
        var more = bytes + [4, 0x61, 0]
        more.replaceSubrange(1...3, with: [0xFF, 0xFF, 0x03])
        #expect(throws: HeaderCodecError(.tooManyFields)) { try HeaderCodec.decode(more) }
    }

    @Test("every truncation of a header is refused")
    func truncations() throws {
        let bytes = HeaderCodec.encode(try Self.fields([("Content-Type", "text/plain"), ("Location", "/a")]))
        for length in 0..<bytes.count {
            #expect(throws: HeaderCodecError(.truncated)) { try HeaderCodec.decode(bytes[..<length]) }
        }
    }

    @Test("random fields come back; random and damaged bytes never crash, and what decodes is stable")
    func fuzz() throws {
        var random = SeededRandom()
        let tokens = Array("abcXYZ019!#$%&'*+-.^_`|~".utf8)
        for _ in 0..<3000 {
            let fields = HTTPFields(
                try (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    let name = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                        tokens.randomElement(using: &random)!
                    }
                    let value = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                    return try Self.field(String(decoding: name, as: UTF8.self), value)
                })
            var bytes = HeaderCodec.encode(fields)
            Self.expectSame(try HeaderCodec.decode(bytes), fields, "seed \(random.seed)")

            for _ in 0..<4 where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let noise =
                [1] + (0..<Int.random(in: 0...30, using: &random)).map { _ in UInt8.random(in: 0...8, using: &random) }
            for hostile in [bytes, noise] {
                guard let decoded = try? HeaderCodec.decode(hostile) else { continue }
                Self.expectSame(try HeaderCodec.decode(HeaderCodec.encode(decoded)), decoded, "seed \(random.seed)")
            }
        }
    }

    @Test("fields of the connection, of the moment and of a session are not stored; all others are, in order")
    func neverStored() throws {
        let fields = try Self.fields([
            ("Content-Type", "text/plain"), ("DATE", "Tue, 24 Nov 2026 03:00:00 GMT"), ("Set-Cookie", "a=1"),
            ("Connection", "keep-alive, X-Hop ,x-other"), ("connection", "X-Third"), ("Keep-Alive", "timeout=5"),
            ("Location", "/payments/1"), ("X-HOP", "1"), ("x-Other", "2"), ("X-Third", "3"), ("set-cookie", "b=2"),
            ("Proxy-Connection", "close"), ("Proxy-Authenticate", "Basic"), ("Proxy-Authorization", "x"),
            ("Proxy-Authentication-Info", "x"), ("TE", "trailers"), ("Trailer", "X-Sum"),
            ("Transfer-Encoding", "chunked"), ("Upgrade", "h2c"), ("Content-Length", "12"), ("X-Keep", "1"),
            ("ETag", "\"1\""), ("X-Keep", "2"),
        ])
        let stored = HeaderCodec.storedFields(of: fields)
        #expect(
            stored.map { "\($0.name.rawName): \($0.value)" } == [
                "Content-Type: text/plain", "Location: /payments/1", "X-Keep: 1", "ETag: \"1\"", "X-Keep: 2",
            ])
        #expect(HeaderCodec.storedFields(of: stored).count == stored.count)
    }
}
