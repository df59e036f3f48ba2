/// The migrations of one schema, in order: versions 1, 2, 3, ... without a gap.
///
/// Several sets live in one database side by side, each under its own name: the engine's (``idempotency``) and yours.
public struct MigrationSet: Sendable, Hashable {
    /// What the applied migrations are recorded under. Changing it makes the migrator see an empty history.
    public let name: String

    /// In order of version.
    public let migrations: [Migration]

    /// Makes a set from the texts of its files.
    /// - Parameters:
    ///   - name: What the applied migrations are recorded under; not empty.
    ///   - files: The texts by file name. Each must be called `NNNN_name.up.sql` or `NNNN_name.down.sql`, every migration
    ///     must have both, and the numbers must run from 0001 without gap or repetition.
    /// - Throws: ``MigrationError`` with code ``MigrationError/Code-swift.struct/invalidFile`` or
    ///   ``MigrationError/Code-swift.struct/invalidSet``; the message names the file.
    public init(name: String, files: [String: String]) throws(MigrationError) {
        guard !name.isEmpty else {
            throw MigrationError(.invalidSet, "a set of migrations needs a name")
        }
        var pairs: [String: (version: Int, up: String?, down: String?)] = [:]
        for (fileName, text) in files.sorted(by: { $0.key < $1.key }) {
            guard let parsed = MigrationFileName(parsing: fileName) else {
                throw MigrationError(
                    .invalidFile,
                    "\(fileName) is not a migration: expected NNNN_name.up.sql or NNNN_name.down.sql, "
                        + "with lower-case letters, digits and underscores in the name",
                    migrationFile: fileName
                )
            }
            var pair = pairs[parsed.name] ?? (parsed.version, nil, nil)
            switch parsed.direction {
            case .up: pair.up = text
            case .down: pair.down = text
            }
            pairs[parsed.name] = pair
        }

        var migrations: [Migration] = []
        for (migration, pair) in pairs.sorted(by: { $0.key < $1.key }) {
            guard let up = pair.up, let down = pair.down else {
                let missing = "\(migration).\(pair.up == nil ? "up" : "down").sql"
                throw MigrationError(.invalidSet, "\(missing) is missing", migrationFile: missing)
            }
            if let previous = migrations.last, previous.version == pair.version {
                throw MigrationError(
                    .invalidSet,
                    "\(migration).up.sql has the number of \(previous.name).up.sql",
                    migrationFile: "\(migration).up.sql"
                )
            }
            guard pair.version == migrations.count + 1 else {
                throw MigrationError(
                    .invalidSet,
                    "\(migration).up.sql leaves a gap: number \(migrations.count + 1) is not there",
                    migrationFile: "\(migration).up.sql"
                )
            }
            migrations.append(try Migration(name: migration, up: up, down: down))
        }
        self.name = name
        self.migrations = migrations
    }

    /// Makes a set from files that were compiled into the program by `scripts/embed-migrations.sh`.
    /// - Precondition: The files make a valid set, which a test shows by comparing them with the directory.
    public init(name: String, compiled files: [String: String]) {
        do throws(MigrationError) {
            try self.init(name: name, files: files)
        } catch {
            preconditionFailure("the migrations compiled into this program are not valid: \(error)")
        }
    }
}
