/// Rewrites a JSON object's text without touching its values: numbers and strings stay as they were written.
enum JSONText {
    /// The object with its members in the reverse order; with one member, with more white space. Nil when the text is no object.
    static func reordered(_ text: String) -> String? {
        guard case .object? = JSONValue(Array(text.utf8)) else { return nil }
        let inner = text.trimmed.dropFirst().dropLast()
        var members: [String.UnicodeScalarView] = [.init()]
        var depth = 0
        var isInString = false
        var isEscaped = false
        for scalar in inner.unicodeScalars {
            if isInString {
                if !isEscaped, scalar == "\"" { isInString = false }
                isEscaped = !isEscaped && scalar == "\\"
            } else if scalar == "," && depth == 0 {
                members.append(.init())
                continue
            } else {
                switch scalar {
                case "\"": isInString = true
                case "{", "[": depth += 1
                case "}", "]": depth -= 1
                default: break
                }
            }
            members[members.count - 1].append(scalar)
        }
        return "{ " + members.reversed().map { String($0).trimmed }.joined(separator: ", ") + " }"
    }
}

extension String {
    fileprivate var trimmed: Substring {
        let isSpace: (Character) -> Bool = \.isWhitespace
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return self[first...last]
    }
}
