import Crypto

/// One numbered step of a schema: a file that makes it and a file that takes it back.
public struct Migration: Sendable, Hashable {
    /// The number the name begins with, counted from 1.
    public let version: Int

    /// `NNNN_name`, as in the names of the two files.
    public let name: String

    /// The text of `NNNN_name.up.sql`.
    public let up: String

    /// The text of `NNNN_name.down.sql`.
    public let down: String

    /// SHA-256 of the bytes of `NNNN_name.up.sql` in lower-case hexadecimal, as `sha256sum` prints it.
    ///
    /// Only the file that was applied counts: the way back may be corrected later, when it is found wanting.
    public let checksum: String

    let upStatements: [SQLStatement]
    let downStatements: [SQLStatement]

    /// Checks and takes in the texts of the two files.
    /// - Parameters:
    ///   - name: `NNNN_name`: four digits, an underscore, then lower-case letters, digits and underscores.
    ///   - up: One or more SQL statements.
    ///   - down: One or more SQL statements that undo `up`.
    /// - Throws: ``MigrationError`` with code ``MigrationError/Code-swift.struct/invalidFile`` when the name is not of that
    ///   form, when a text holds no statement, cannot be cut into statements, or holds one that a migration may not contain
    ///   (transaction control, `COPY`, psql's backslash commands).
    public init(name: String, up: String, down: String) throws(MigrationError) {
        guard let version = MigrationFileName.version(ofName: name) else {
            throw MigrationError(
                .invalidFile, "'\(name)' is not a migration's name: expected NNNN_name, such as 0001_accounts")
        }
        self.version = version
        self.name = name
        self.up = up
        self.down = down
        self.checksum = SHA256.hash(data: Array(up.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
        self.upStatements = try Self.statements(of: up, file: "\(name).up.sql")
        self.downStatements = try Self.statements(of: down, file: "\(name).down.sql")
    }

    private static func statements(of text: String, file: String) throws(MigrationError) -> [SQLStatement] {
        let script: SQLScript
        do {
            script = try SQLScript(parsing: text)
        } catch {
            throw MigrationError(.invalidFile, "\(file) line \(error.line): \(error.explanation)", migrationFile: file)
        }
        for statement in script.statements {
            if let refusal = statement.refusal {
                throw MigrationError(.invalidFile, "\(file) line \(statement.line): \(refusal)", migrationFile: file)
            }
        }
        guard !script.statements.isEmpty else {
            throw MigrationError(.invalidFile, "\(file) holds no statement", migrationFile: file)
        }
        return script.statements
    }
}
