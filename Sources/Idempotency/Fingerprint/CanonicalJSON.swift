/// A JSON text in its one canonical spelling: no white space, members in order, one way to write each string and each number.
///
/// That of RFC 8785, but for numbers that no IEEE 754 double has as its shortest spelling: they keep their value, see ``JSONDecimal``.
///
/// Only what every reader of JSON understands in the same way has one (I-JSON, RFC 7493): UTF-8 without a byte order mark, no lone
/// surrogate, no member name twice in one object.
struct CanonicalJSON {
    /// The canonical text, in UTF-8.
    let bytes: [UInt8]

    /// How deep arrays and objects may be nested. Each level is a call on the stack of whatever thread this is, and moves the text inside
    /// it once more; nobody's requests come near it.
    static let maximumDepth = 128

    /// Rewrites a text.
    ///
    /// - Returns: nil when the text is not I-JSON, is nested deeper than ``maximumDepth``, or has an astronomical exponent.
    init?(_ text: [UInt8]) {
        // One look at all of it. Where characters begin and end is certain from here on.
        guard String(validating: text, as: UTF8.self) != nil else { return nil }
        var rewriter = Rewriter(text)
        do {
            try rewriter.document()
        } catch {
            return nil
        }
        bytes = rewriter.output
    }
}

/// Reads a text from front to back and writes its canonical form.
private struct Rewriter {
    struct NoCanonicalForm: Error {}

    private let text: [UInt8]
    private var position = 0
    private(set) var output: [UInt8] = []

    init(_ text: [UInt8]) {
        self.text = text
        output.reserveCapacity(text.count)
    }

    mutating func document() throws(NoCanonicalForm) {
        try value(depth: 0)
        guard position == text.count else { throw NoCanonicalForm() }
    }

    private mutating func value(depth: Int) throws(NoCanonicalForm) {
        guard depth <= CanonicalJSON.maximumDepth else { throw NoCanonicalForm() }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try array(depth: depth)
        case UInt8(ascii: "\""): write(string: try string())
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
        skipSpace()
    }

    // MARK: Arrays and objects

    private mutating func array(depth: Int) throws(NoCanonicalForm) {
        try copy("[")
        skipSpace()
        if next != UInt8(ascii: "]") {
            try value(depth: depth + 1)
            while next == UInt8(ascii: ",") {
                try copy(",")
                try value(depth: depth + 1)
            }
        }
        try copy("]")
    }

    private typealias Member = (name: [UInt8], text: Range<Int>)

    private mutating func object(depth: Int) throws(NoCanonicalForm) {
        try copy("{")
        skipSpace()
        if next != UInt8(ascii: "}") {
            var members = [try member(depth: depth)]
            while next == UInt8(ascii: ",") {
                try copy(",")
                skipSpace()
                members.append(try member(depth: depth))
            }
            try sort(members)
        }
        try copy("}")
    }

    private mutating func member(depth: Int) throws(NoCanonicalForm) -> Member {
        let start = output.count
        let name = try string()
        write(string: name)
        skipSpace()
        try copy(":")
        try value(depth: depth + 1)
        return (name, start..<output.count)
    }

    /// Puts the members, the last things that were written, into the order of their names.
    private mutating func sort(_ members: [Member]) throws(NoCanonicalForm) {
        if zip(members, members.dropFirst()).allSatisfy({ Self.precedes($0.name, $1.name) }) { return }
        let sorted = members.sorted { Self.precedes($0.name, $1.name) }
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0.name != $1.name }) else { throw NoCanonicalForm() }
        let start = members[0].text.lowerBound
        let written = Array(output[start...])
        output.removeSubrange(start...)
        for (index, member) in sorted.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            output += written[member.text.lowerBound - start..<member.text.upperBound - start]
        }
    }

    /// By UTF-16 code units (RFC 8785 section 3.2.3). That is the order of UTF-8's bytes, but for characters beyond U+FFFF (first byte
    /// F0 to F4), whose surrogates come before U+E000 to U+FFFF (EE and EF).
    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        func rank(_ byte: UInt8) -> UInt8 { byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte }
        return left.lexicographicallyPrecedes(right) { rank($0) < rank($1) }
    }

    // MARK: Strings

    /// The characters of a string, escapes resolved, in UTF-8.
    private mutating func string() throws(NoCanonicalForm) -> [UInt8] {
        try skip("\"")
        var content: [UInt8] = []
        while true {
            let byte = try take()
            switch byte {
            case UInt8(ascii: "\""): return content
            case UInt8(ascii: "\\"): content += try escape()
            case ..<0x20: throw NoCanonicalForm()
            default: content.append(byte)
            }
        }
    }

    private mutating func escape() throws(NoCanonicalForm) -> [UInt8] {
        let byte = try take()
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "u"): break
        default: throw NoCanonicalForm()
        }
        var value = try hexadecimal()
        if 0xD800...0xDBFF ~= value {
            try skip("\\")
            try skip("u")
            let trail = try hexadecimal()
            guard 0xDC00...0xDFFF ~= trail else { throw NoCanonicalForm() }
            value = 0x10000 + (value - 0xD800) << 10 + (trail - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw NoCanonicalForm() }  // a trail surrogate alone
        return Array(String(scalar).utf8)
    }

    private mutating func hexadecimal() throws(NoCanonicalForm) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try take())).hexDigitValue else { throw NoCanonicalForm() }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Source: RFC 8785 section 3.2.2.2.
    private mutating func write(string: [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in string {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case 0x08: output += Array(#"\b"#.utf8)
            case 0x09: output += Array(#"\t"#.utf8)
            case 0x0A: output += Array(#"\n"#.utf8)
            case 0x0C: output += Array(#"\f"#.utf8)
            case 0x0D: output += Array(#"\r"#.utf8)
            case ..<0x20:
                output += Array((byte < 0x10 ? #"\u000"# : #"\u00"#).utf8) + Array(String(byte, radix: 16).utf8)
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    // MARK: Numbers and literals

    /// Source: RFC 8259 section 6.
    private mutating func number() throws(NoCanonicalForm) {
        let isNegative = skipOne(of: "-")
        let integer = try digits()
        guard integer.count == 1 || integer.first != UInt8(ascii: "0") else { throw NoCanonicalForm() }
        let fraction = skipOne(of: ".") ? try digits() : []
        var exponent: ArraySlice<UInt8> = []
        if skipOne(of: "eE") {
            let start = position
            _ = skipOne(of: "+-")
            _ = try digits()
            exponent = text[start..<position]
        }
        guard
            let decimal = JSONDecimal(
                isNegative: isNegative, integer: integer, fraction: fraction, exponent: exponent)
        else { throw NoCanonicalForm() }
        output += decimal.text
    }

    private mutating func digits() throws(NoCanonicalForm) -> ArraySlice<UInt8> {
        let digits = text[position...].prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard !digits.isEmpty else { throw NoCanonicalForm() }
        position = digits.endIndex
        return digits
    }

    private mutating func literal(_ word: StaticString) throws(NoCanonicalForm) {
        let word = word.withUTF8Buffer(Array.init)
        guard text[position...].starts(with: word) else { throw NoCanonicalForm() }
        position += word.count
        output += word
    }

    // MARK: Bytes

    /// The byte that is read next; nil at the end.
    private var next: UInt8? { position < text.count ? text[position] : nil }

    private mutating func take() throws(NoCanonicalForm) -> UInt8 {
        guard let byte = next else { throw NoCanonicalForm() }
        position += 1
        return byte
    }

    private mutating func skip(_ character: Unicode.Scalar) throws(NoCanonicalForm) {
        guard try take() == UInt8(ascii: character) else { throw NoCanonicalForm() }
    }

    private mutating func copy(_ character: Unicode.Scalar) throws(NoCanonicalForm) {
        try skip(character)
        output.append(UInt8(ascii: character))
    }

    /// Skips one of these characters, if it is one that comes next.
    private mutating func skipOne(of characters: String) -> Bool {
        guard let next, characters.utf8.contains(next) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while next == 0x20 || next == 0x09 || next == 0x0A || next == 0x0D { position += 1 }
    }
}
