/// Walks over the bytes of an SQL file once and cuts it into statements; ``SQLScript`` says by which rules.
///
/// Bytes rather than characters: everything that decides is ASCII, and in UTF-8 no byte of another character is below 0x80.
struct SQLScanner {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    /// Where the current piece begins: just after the last semicolon.
    private var start = 0
    /// The line of the current statement's first token; `nil` while only white space and comments were seen.
    private var firstLine: Int?
    private var words: [String] = []
    private var parentheses = 0
    /// Open `BEGIN` and `CASE` inside the body of a function. A semicolon in there does not end the statement.
    private var blocks = 0

    init(_ source: String) {
        bytes = Array(source.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            // A byte order mark. psql drops it too; the server would take it for the first letter of a word.
            position = 3
            start = 3
        }
    }

    mutating func statements() throws(SQLScriptError) -> [SQLStatement] {
        if let index = bytes.firstIndex(of: 0) {
            // libpq takes C strings: the statement would be cut off here in silence, comment or not.
            throw SQLScriptError(reason: .nulByte, line: 1 + bytes[..<index].count { $0 == UInt8(ascii: "\n") })
        }
        var statements: [SQLStatement] = []
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x0B, 0x0C:
                advance()
            case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
                skipLineComment()
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"):
                try skipBlockComment()
            case UInt8(ascii: ";") where parentheses == 0 && blocks == 0:
                if let statement = cut() {
                    statements.append(statement)
                }
                advance()
                begin()
            default:
                if firstLine == nil {
                    firstLine = line
                }
                try scanToken(byte)
            }
        }
        if let statement = cut() {
            statements.append(statement)
        }
        return statements
    }

    // MARK: Pieces

    private mutating func begin() {
        start = position
        firstLine = nil
        words = []
        parentheses = 0
        blocks = 0
    }

    private func cut() -> SQLStatement? {
        guard let firstLine else {
            return nil
        }
        var piece = bytes[start..<position]
        while let first = piece.first, Self.isSpace(first) {
            piece.removeFirst()
        }
        while let last = piece.last, Self.isSpace(last) {
            piece.removeLast()
        }
        return SQLStatement(text: String(decoding: piece, as: UTF8.self), line: firstLine, words: words)
    }

    // MARK: Tokens

    private mutating func scanToken(_ byte: UInt8) throws(SQLScriptError) {
        switch byte {
        case UInt8(ascii: "'"):
            try skipQuoted(UInt8(ascii: "'"), backslashEscapes: false, otherwise: .unterminatedString)
        case UInt8(ascii: "\""):
            try skipQuoted(byte, backslashEscapes: false, otherwise: .unterminatedIdentifier)
        case UInt8(ascii: "$"):
            try scanDollar()
        case UInt8(ascii: "("):
            parentheses += 1
            advance()
        case UInt8(ascii: ")"):
            // A stray one is the server's to refuse; below zero it would hide the semicolon that follows.
            parentheses = max(0, parentheses - 1)
            advance()
        case UInt8(ascii: "\\"):
            throw SQLScriptError(reason: .clientCommand, line: line)
        case _ where Self.startsWord(byte):
            try scanWord()
        default:
            advance()
        }
    }

    /// ASCII only, as PostgreSQL folds its keywords.
    private static func uppercased(_ byte: UInt8) -> UInt8 { (0x61...0x7A).contains(byte) ? byte - 0x20 : byte }

    private mutating func scanWord() throws(SQLScriptError) {
        let begin = position
        while let byte = peek(), Self.continuesWord(byte) {
            advance()
        }
        let word = String(decoding: bytes[begin..<position].map(Self.uppercased), as: UTF8.self)
        if word == "E", peek() == UInt8(ascii: "'") {
            try skipEscapeString()
            return
        }
        words.append(word)
        countBlocks(word)
    }

    /// `BEGIN ATOMIC` opens a block in a statement that creates a function or procedure. `CASE` counts only within one,
    /// because its `END` would otherwise close the block.
    private mutating func countBlocks(_ word: String) {
        switch word {
        case "ATOMIC" where createsRoutine && words.dropLast().last == "BEGIN":
            blocks += 1
        case "CASE" where blocks > 0:
            blocks += 1
        case "END" where blocks > 0:
            blocks -= 1
        default:
            break
        }
    }

    private var createsRoutine: Bool {
        guard words.first == "CREATE" else {
            return false
        }
        let kind = words.starts(with: ["CREATE", "OR", "REPLACE"]) ? words.dropFirst(3).first : words.dropFirst().first
        return kind == "FUNCTION" || kind == "PROCEDURE"
    }

    /// `$tag$ ... $tag$`, or a parameter such as `$1`, or a lone dollar sign. A dollar sign within a word never comes here.
    private mutating func scanDollar() throws(SQLScriptError) {
        var end = position + 1
        if end < bytes.count, Self.startsWord(bytes[end]) {
            while end < bytes.count, Self.continuesWord(bytes[end]), bytes[end] != UInt8(ascii: "$") {
                end += 1
            }
        }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else {
            advance()
            return
        }
        let tag = bytes[position...end]
        let begin = line
        advance(tag.count)
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "$"), bytes[position...].starts(with: tag) {
                advance(tag.count)
                return
            }
            advance()
        }
        throw SQLScriptError(reason: .unterminatedDollarQuote(tag: String(decoding: tag, as: UTF8.self)), line: begin)
    }

    /// A string or identifier whose delimiter is doubled inside. Stands on the opening delimiter.
    private mutating func skipQuoted(
        _ delimiter: UInt8,
        backslashEscapes: Bool,
        otherwise reason: SQLScriptError.Reason
    ) throws(SQLScriptError) {
        let begin = line
        advance()
        while let byte = peek() {
            if byte == delimiter {
                advance()
                guard peek() == delimiter else {
                    return
                }
                advance()
            } else {
                if backslashEscapes, byte == UInt8(ascii: "\\") {
                    advance()
                }
                advance()
            }
        }
        throw SQLScriptError(reason: reason, line: begin)
    }

    /// `E'...'` with backslash escapes. A string that follows after a line break continues it, escapes included
    /// (chapter 4.1.2.1): reading the second part as a plain string would end it at `\'`.
    private mutating func skipEscapeString() throws(SQLScriptError) {
        repeat {
            try skipQuoted(UInt8(ascii: "'"), backslashEscapes: true, otherwise: .unterminatedString)
        } while skipToContinuation()
    }

    /// Moves to the opening quote of a continued string, if there is one; otherwise does not move.
    private mutating func skipToContinuation() -> Bool {
        var ahead = self
        while let byte = ahead.peek() {
            if Self.isSpace(byte) {
                ahead.advance()
            } else if byte == UInt8(ascii: "-"), ahead.peek(1) == UInt8(ascii: "-") {
                ahead.skipLineComment()
            } else {
                break
            }
        }
        guard ahead.peek() == UInt8(ascii: "'"), bytes[position..<ahead.position].contains(where: Self.isLineBreak)
        else {
            return false
        }
        self = ahead
        return true
    }

    // MARK: Comments

    private mutating func skipLineComment() {
        while let byte = peek(), !Self.isLineBreak(byte) {
            advance()
        }
    }

    /// Block comments nest, unlike those of C (chapter 4.1.5).
    private mutating func skipBlockComment() throws(SQLScriptError) {
        let begin = line
        var depth = 0
        while let byte = peek() {
            if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                depth += 1
                advance(2)
            } else if byte == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                depth -= 1
                advance(2)
                if depth == 0 {
                    return
                }
            } else {
                advance()
            }
        }
        throw SQLScriptError(reason: .unterminatedComment, line: begin)
    }

    // MARK: Bytes

    private func peek(_ offset: Int = 0) -> UInt8? {
        position + offset < bytes.count ? bytes[position + offset] : nil
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where position < bytes.count {
            if bytes[position] == UInt8(ascii: "\n") {
                line += 1
            }
            position += 1
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
    }

    private static func isLineBreak(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    /// A letter, an underscore, or any byte of a character beyond ASCII.
    private static func startsWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...:
            true
        default:
            false
        }
    }

    private static func continuesWord(_ byte: UInt8) -> Bool {
        startsWord(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "$")
    }
}
