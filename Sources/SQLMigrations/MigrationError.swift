internal import LibPQ

/// What went wrong with a set of migrations, or while applying it.
///
/// Messages name the file and carry the server's primary message, never its detail: that may quote rows. The complete
/// error is in ``underlying``.
public struct MigrationError: Error, CustomStringConvertible {
    /// What kind of failure it is. More may be added: switch with a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidFile, invalidSet, unreadable, changed, missing, outOfOrder, lockTimeout, statementFailed
            case databaseFailed, invalidArgument
        }

        private let kind: Kind

        /// The code's name, as in the source.
        public var description: String { kind.rawValue }

        /// A file's name or text is not that of a migration.
        public static let invalidFile = Code(kind: .invalidFile)
        /// The files do not make a set: a gap, a number used twice, a direction without its counterpart.
        public static let invalidSet = Code(kind: .invalidSet)
        /// A file or directory cannot be read.
        public static let unreadable = Code(kind: .unreadable)
        /// A file is not the one that was applied.
        public static let changed = Code(kind: .changed)
        /// A migration was applied whose file is not in the set.
        public static let missing = Code(kind: .missing)
        /// A migration is not applied although a later one is.
        public static let outOfOrder = Code(kind: .outOfOrder)
        /// Another process held the migration lock past the deadline.
        public static let lockTimeout = Code(kind: .lockTimeout)
        /// The server refused a statement of a migration. Nothing of that migration was kept.
        public static let statementFailed = Code(kind: .statementFailed)
        /// The database could not be asked, or the migrator's own records could not be read or written.
        public static let databaseFailed = Code(kind: .databaseFailed)
        /// A parameter is out of its range.
        public static let invalidArgument = Code(kind: .invalidArgument)
    }

    /// What kind of failure it is.
    public let code: Code

    /// One sentence for people. Its wording may change: decide by ``code``.
    public let message: String

    /// The file or directory it is about, if it is about one.
    public let migrationFile: String?

    /// The error that caused this one: usually a `PostgresError`.
    public let underlying: (any Error)?

    /// Where in the source of this package the error was made.
    public let file: String

    /// The line in ``file``.
    public let line: Int

    init(
        _ code: Code,
        _ message: String,
        migrationFile: String? = nil,
        underlying: (any Error)? = nil,
        file: String = #fileID,
        line: Int = #line
    ) {
        self.code = code
        self.message = message
        self.migrationFile = migrationFile
        self.underlying = underlying
        self.file = file
        self.line = line
    }

    /// `what: why`, where the database said why.
    ///
    /// The server's primary message is shown although `PostgresError` hides it in its own description: what it complains about
    /// here comes from a file that the reader has, and is what they need to repair it. Its detail, which may quote rows,
    /// stays in ``underlying``.
    init(
        _ code: Code,
        _ what: String,
        cause: any Error,
        migrationFile: String? = nil,
        file: String = #fileID,
        line: Int = #line
    ) {
        var message = what
        if let cause = cause as? PostgresError {
            message += ": \(cause.message)"
            if let state = cause.sqlState { message += " (SQLSTATE \(state))" }
            if let hint = cause.hint { message += ". \(hint)" }
        } else {
            message += ": \(cause)"
        }
        self.init(code, message, migrationFile: migrationFile, underlying: cause, file: file, line: line)
    }

    /// The ``message``.
    public var description: String { message }
}
