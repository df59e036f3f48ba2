/// Canonical JSON: whatever the bytes, no trap; a canonical text is its own canonical form; white space changes nothing; and members are
/// put into order round it.
func check(_ input: [UInt8]) {
    guard let canonical = CanonicalJSON(input)?.bytes else { return }
    require(CanonicalJSON(canonical)?.bytes == canonical, "the canonical form has another canonical form")
    require(String(validating: canonical, as: UTF8.self) != nil, "the canonical form is not UTF-8")
    require(CanonicalJSON([0x20, 0x0A] + spaced(input) + [0x09])?.bytes == canonical, "white space makes another text")
    // Nil where the text is as deep as it may be.
    if let object = CanonicalJSON(#"{"b":"#.utf8 + input + #","a":1}"#.utf8)?.bytes {
        require(object == #"{"a":1,"b":"#.utf8 + canonical + "}".utf8, "members are not put into order")
    }
}

/// The text with white space round each mark outside of its strings.
private func spaced(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var isInString = false
    var isEscaped = false
    for byte in text {
        if isInString {
            isInString = isEscaped || byte != UInt8(ascii: "\"")
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            result.append(byte)
        } else if "{}[],:".utf8.contains(byte) {
            result += [0x0D, byte, 0x20]
        } else {
            isInString = byte == UInt8(ascii: "\"")
            result.append(byte)
        }
    }
    return result
}
