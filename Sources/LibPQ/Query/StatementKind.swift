/// What a statement's text says about how it must be treated; found without parsing it.
struct StatementKind: Sendable, Hashable {
    /// The first word, in upper case; empty for a statement that has none.
    var verb = ""
    /// The text holds a NUL character: libpq would send what stands before it.
    var containsNUL = false
    /// BEGIN, COMMIT and their kind: refused from users, because the API must know where a transaction ends.
    var controlsTransaction = false
    /// COPY from or to the client: needs another conversation than a query. From or to the server's files it is a query.
    var isCopy = false
    /// Leaves something behind in the session: SET, LISTEN, advisory session locks... The connection is reset before its
    /// next lease.
    var changesSession = false

    /// May have an effect that stays although the statement, or another one behind it, fails: a procedure or a DO block may commit,
    /// and a session's locks are not undone. Such a statement is never sent twice. What SET does is undone.
    var outlivesRollback: Bool { verb == "CALL" || (changesSession && verb != "SET") }

    /// Has no effect that stays when another statement of its pipeline fails. Others may commit by themselves, and what stands before
    /// them: CREATE INDEX CONCURRENTLY, CREATE DATABASE.
    var isUndoneWithPipeline: Bool { !outlivesRollback && Self.undone.contains(verb) }

    /// The verb of a query in parentheses is empty.
    private static let undone: Set<String> = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES", "TABLE", "SET", "",
    ]

    init(sql: String) {
        containsNUL = sql.containsNUL
        var words = SQLWords(sql)
        guard let first = words.next() else { return }
        verb = first
        switch first {
        case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE":
            controlsTransaction = true
        case "PREPARE":
            // PREPARE TRANSACTION ends the transaction; PREPARE name AS leaves a statement behind.
            if words.next() == "TRANSACTION" { controlsTransaction = true } else { changesSession = true }
        case "COPY":
            isCopy = Self.contains("stdin", in: sql) || Self.contains("stdout", in: sql)
            changesSession = Self.touchesSession(sql)  // in its query
        case "SET":
            let second = words.next()
            changesSession = second != "LOCAL" && second != "TRANSACTION" && second != "CONSTRAINTS"
        case "LISTEN", "LOAD", "DECLARE", "DISCARD", "DEALLOCATE", "RESET", "DO":
            changesSession = true  // a DO block may hold any of the others
        case "CREATE":
            var object = words.next()
            if object == "OR" {  // OR REPLACE
                _ = words.next()
                object = words.next()
            }
            changesSession = object.map(SQLWords.temporary.contains) ?? false || Self.touchesSession(sql)
        case "EXPLAIN":
            // With ANALYZE it runs what may be CREATE TEMP TABLE.
            changesSession = Self.contains("temp", in: sql) || Self.touchesSession(sql)
        default:
            changesSession = Self.touchesSession(sql)
        }
    }

    private static func contains(_ word: StaticString, in sql: String) -> Bool {
        let text = sql.utf8
        return text.indices.contains { text[$0...].starts(withLowercase: word) }
    }

    /// Looks for calls and names anywhere in the text. Errs in the safe direction only: a reset too many.
    private static func touchesSession(_ sql: String) -> Bool {
        let text = sql.utf8
        for index in text.indices {
            let rest = text[index...]
            // The first letter decides, so that the common text is passed over once.
            switch text[index] | 0x20 {
            case UInt8(ascii: "a") where rest.starts(withLowercase: "advisory_lock"): return true
            case UInt8(ascii: "p") where rest.starts(withLowercase: "pg_temp"): return true
            case UInt8(ascii: "s") where rest.starts(withLowercase: "set_config"): return true
            case UInt8(ascii: "i") where rest.starts(withLowercase: "into"):
                var words = SQLWords(rest.dropFirst(4))
                if let word = words.next(), SQLWords.temporary.contains(word) { return true }
            default: continue
            }
        }
        return false
    }
}

/// The leading words of a statement in upper case, after white space, comments and stray semicolons.
private struct SQLWords {
    /// What may stand between CREATE, or INTO, and the name of a table that lives as long as the session.
    static let temporary: Set<String> = ["TEMP", "TEMPORARY", "LOCAL", "GLOBAL"]

    private var rest: Substring.UTF8View

    init(_ sql: String) { rest = sql[...].utf8 }

    init(_ rest: Substring.UTF8View) { self.rest = rest }

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

extension Substring.UTF8View {
    /// Whether this begins with these letters, in either case.
    fileprivate func starts(withLowercase prefix: StaticString) -> Bool {
        prefix.withUTF8Buffer { prefix in
            prefix.count <= count
                && zip(prefix, self).allSatisfy { wanted, byte in
                    byte == wanted || ((0x41...0x5A).contains(byte) && byte | 0x20 == wanted)
                }
        }
    }
}
