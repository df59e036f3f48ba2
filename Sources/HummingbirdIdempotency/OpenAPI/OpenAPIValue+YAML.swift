extension OpenAPIValue {
    /// The value as YAML 1.2, one member to a line; every parser of YAML 1.1 reads the same.
    public var yaml: String {
        var lines: [String] = []
        write(to: &lines, indentation: "")
        return lines.map { "\($0)\n" }.joined()
    }

    /// Writes a value that has lines of its own.
    private func write(to lines: inout [String], indentation: String) {
        switch self {
        case .object(let members) where inline == nil:
            for member in members {
                member.value.write(
                    after: "\(indentation)\(Self.scalar(member.name)):", to: &lines, indentation: indentation)
            }
        case .array(let elements) where inline == nil:
            for element in elements {
                let start = lines.count
                element.write(to: &lines, indentation: "\(indentation)  ")
                lines[start].replaceSubrange(
                    lines[start]
                        .startIndex..<lines[start].index(lines[start].startIndex, offsetBy: indentation.count + 2),
                    with: "\(indentation)- ")
            }
        default:
            lines.append(indentation + (inline ?? Self.quoted(text)))
        }
    }

    /// Writes a member's value: on the line of its name if it fits there.
    private func write(after name: String, to lines: inout [String], indentation: String) {
        if case .string(let text) = self, text.contains("\n"), Self.fitsBlock(text) {
            lines.append("\(name) |")
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                lines.append(line.isEmpty ? "" : "\(indentation)  \(line)")
            }
        } else if let inline {
            lines.append("\(name) \(inline)")
        } else {
            lines.append(name)
            write(to: &lines, indentation: "\(indentation)  ")
        }
    }

    private var text: String {
        if case .string(let text) = self { text } else { "" }
    }

    /// The value within one line, nil for what is better read on several.
    private var inline: String? {
        switch self {
        case .object(let members):
            if members.isEmpty { return "{}" }
            // References are one thing to a reader.
            guard members.count == 1, members[0].name == "$ref", let reference = members[0].value.inline else {
                return nil
            }
            return "{ $ref: \(reference) }"
        case .array(let elements):
            var items: [String] = []
            for element in elements {
                switch element {
                case .object, .array: return nil
                case .string(let text): items.append(Self.scalar(text, within: ",[]{}"))
                default: items.append(element.inline ?? "")
                }
            }
            return "[\(items.joined(separator: ", "))]"
        case .string(let text): return Self.scalar(text)
        case .integer(let number): return String(number)
        case .boolean(let value): return String(value)
        case .null: return "null"
        }
    }

    /// Text as it is where YAML reads it as text, else in quotation marks.
    ///
    /// Stricter than YAML 1.2 section 7.3.3 needs to be: only what begins with a letter, a slash or `$`.
    private static func scalar(_ text: String, within reserved: String = "") -> String {
        guard let first = text.first, first.isASCII, first.isLetter || "/$".contains(first),
            text.unicodeScalars.allSatisfy({ (0x20...0x7E).contains($0.value) }),
            !text.contains(": "), !text.contains(" #"), !text.hasSuffix(":"), !text.hasSuffix(" "),
            !text.contains(where: reserved.contains),
            !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        else { return quoted(text) }
        return text
    }

    /// Text in quotation marks: single ones, in which nothing but the mark itself is special, where there are only printable characters.
    private static func quoted(_ text: String) -> String {
        if text.unicodeScalars.allSatisfy({ (0x20...0x7E).contains($0.value) }) {
            return "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
        }
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case "\u{20}"..."\u{7E}": String(scalar)
            default:
                "\\U" + String(repeating: "0", count: 8 - String(scalar.value, radix: 16).count)
                    + String(scalar.value, radix: 16)
            }
        }
        return "\"\(escaped.joined())\""
    }

    /// Whether text of several lines can be written as a literal block (YAML 1.2 section 8.1.2): whole lines of printable ASCII, of which
    /// the first is not indented.
    private static func fitsBlock(_ text: String) -> Bool {
        text.hasSuffix("\n") && !text.hasSuffix("\n\n") && !text.hasPrefix(" ") && !text.hasPrefix("\n")
            && text.unicodeScalars.allSatisfy { $0 == "\n" || (0x20...0x7E).contains($0.value) }
    }
}
