/// The `Idempotency-Key` field: whatever the bytes, no trap; both syntaxes agree; and a key is the same key in either spelling.
func check(_ input: [UInt8]) {
    let value = String(decoding: input, as: UTF8.self)
    let lenient = try? IdempotencyKey(parsing: value)
    let strict = try? IdempotencyKey(parsing: value, syntax: .strict)
    require(strict == nil || strict == lenient, "strict syntax accepts what lenient syntax does not")

    let trimmed = Array(value.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    if value.utf8.count <= IdempotencyKey.maximumFieldLength, let content = simpleString(trimmed) {
        require(strict == (try? IdempotencyKey(content)), "a plain string is not the key that it spells")
    }

    guard let key = lenient else { return }
    let text = key.rawValue
    require(1...255 ~= text.utf8.count && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }, "that is no key")
    require(input.count <= 3 * IdempotencyKey.maximumFieldLength, "a field that is too long was read")
    if trimmed.first == UInt8(ascii: "\"") {
        require(strict == key, "the syntaxes disagree about a string")
    } else {
        require(strict == nil && Array(text.utf8) == trimmed, "a bare key is not taken literally")
        require((try? IdempotencyKey(parsing: text)) == key, "a bare key is another key when it is sent again")
    }
    var quoted = "\""
    for character in text.unicodeScalars {
        if character == "\"" || character == "\\" { quoted += "\\" }
        quoted.unicodeScalars.append(character)
    }
    quoted += "\""
    require((try? IdempotencyKey(parsing: quoted, syntax: .strict)) == key, "a key is another key in quotation marks")
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// A second reader of RFC 9651 strings, section 4.2.5, written apart from the first: the content of a string without parameters.
private func simpleString(_ bytes: [UInt8]) -> String? {
    guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") else { return nil }
    var content = ""
    var rest = bytes[1..<(bytes.count - 1)]
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "\""): return nil
        case UInt8(ascii: "\\"):
            guard let escaped = rest.popFirst(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                return nil
            }
            content.unicodeScalars.append(Unicode.Scalar(escaped))
        case 0x20...0x7E: content.unicodeScalars.append(Unicode.Scalar(byte))
        default: return nil
        }
    }
    return content
}
