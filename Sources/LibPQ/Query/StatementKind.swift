/// What a statement's text says about how it must be treated; found without parsing it.
struct StatementKind: Sendable, Hashable {
    /// BEGIN, COMMIT and their kind: refused from users, because the API must know where a transaction ends.
    var controlsTransaction = false
    /// COPY: needs another conversation than a query.
    var isCopy = false
    /// Leaves something behind in the session: SET, LISTEN, advisory session locks... The connection is reset before its
    /// next lease.
    var changesSession = false

    init(sql: String) {
        var words = SQLWords(sql)
        guard let first = words.next() else { return }
        switch first {
        case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE":
            controlsTransaction = true
        case "PREPARE":
            // PREPARE TRANSACTION ends the transaction; PREPARE name AS leaves a statement behind.
            if words.next() == "TRANSACTION" { controlsTransaction = true } else { changesSession = true }
        case "COPY":
            isCopy = true
        case "SET":
            let second = words.next()
            changesSession = second != "LOCAL" && second != "TRANSACTION" && second != "CONSTRAINTS"
        case "LISTEN", "LOAD", "DECLARE", "DISCARD", "DEALLOCATE", "RESET":
            changesSession = true
        case "CREATE":
            changesSession = ["TEMP", "TEMPORARY", "LOCAL", "GLOBAL"].contains(words.next())
        default:
            // These are function calls, anywhere in the text. The search errs in the safe direction only: a reset too many.
            changesSession = Self.sessionMarks.contains { sql.utf8.containsIgnoringCase($0) }
        }
    }

    private static let sessionMarks = ["advisory_lock", "set_config", "into temp"].map { Array($0.utf8) }
}

/// The leading words of a statement in upper case, after white space, comments and stray semicolons.
private struct SQLWords {
    private var rest: Substring.UTF8View

    init(_ sql: String) { rest = sql[...].utf8 }

    mutating func next() -> String? {
        skipBlanks()
        let word = rest.prefix { isLetter($0) }
        rest = rest.dropFirst(word.count)
        return word.isEmpty ? nil : String(decoding: word.map { $0 & 0xDF }, as: UTF8.self)
    }

    private func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_") }

    private mutating func skipBlanks() {
        while let byte = rest.first {
            switch byte {
            case 0x20, 0x09...0x0D, UInt8(ascii: ";"):
                rest = rest.dropFirst()
            case UInt8(ascii: "-") where rest.starts(with: "--".utf8):
                rest = rest.drop { $0 != 0x0A && $0 != 0x0D }
            case UInt8(ascii: "/") where rest.starts(with: "/*".utf8):
                skipBlockComment()
            default:
                return
            }
        }
    }

    /// PostgreSQL's block comments nest.
    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if rest.starts(with: "/*".utf8) {
                depth += 1
                rest = rest.dropFirst(2)
            } else if rest.starts(with: "*/".utf8) {
                depth -= 1
                rest = rest.dropFirst(2)
            } else {
                rest = rest.dropFirst()
            }
        } while depth > 0 && !rest.isEmpty
    }
}

extension String.UTF8View {
    /// Whether ASCII letters of `lowercase` occur here in either case.
    fileprivate func containsIgnoringCase(_ lowercase: [UInt8]) -> Bool {
        withContiguousStorageIfAvailable { text in
            guard text.count >= lowercase.count else { return false }
            return (0...text.count - lowercase.count).contains { start in
                lowercase.indices.allSatisfy { offset in
                    let byte = text[start + offset]
                    let folded = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
                    return folded == lowercase[offset]
                }
            }
        } ?? Array(self).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
            .utf8.containsIgnoringCase(lowercase)
    }
}
