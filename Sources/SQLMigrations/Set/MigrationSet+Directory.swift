#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension MigrationSet {
    /// Reads a set from a directory.
    ///
    /// Directories within it are other sets and files that begin with a dot belong to other tools: both are passed over.
    /// Every other file must be part of a migration.
    /// - Parameters:
    ///   - name: What the applied migrations are recorded under; not empty.
    ///   - directory: A path, absolute or relative to the working directory.
    /// - Throws: ``MigrationError`` with code ``MigrationError/Code-swift.struct/unreadable`` when the directory or a file in it
    ///   cannot be read as UTF-8, else as ``init(name:files:)``.
    public init(name: String, directory: String) throws(MigrationError) {
        let manager = FileManager.default
        let entries: [String]
        do {
            entries = try manager.contentsOfDirectory(atPath: directory)
        } catch {
            throw MigrationError(
                .unreadable, "cannot read the directory '\(directory)'", migrationFile: directory, underlying: error)
        }
        var files: [String: String] = [:]
        for entry in entries where !entry.hasPrefix(".") {
            let path = directory.hasSuffix("/") ? directory + entry : "\(directory)/\(entry)"
            var isDirectory = false
            if manager.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory {
                continue
            }
            // Validated by hand: decoding with repair would apply, and check the sum of, other bytes than the file holds.
            guard let data = manager.contents(atPath: path), let text = String(validating: data, as: UTF8.self) else {
                throw MigrationError(.unreadable, "cannot read '\(path)' as UTF-8 text", migrationFile: entry)
            }
            files[entry] = text
        }
        guard !files.isEmpty else {
            throw MigrationError(.invalidSet, "there are no migrations in '\(directory)'", migrationFile: directory)
        }
        try self.init(name: name, files: files)
    }
}
