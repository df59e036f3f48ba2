import Foundation
import SQLMigrations
import Testing

@Suite("A set read from a directory")
struct MigrationSetDirectoryTests {
    @Test("passes over directories and dot files and keeps the bytes of the others")
    func read() throws {
        try withDirectory { directory in
            try write("SELECT 'ä';\r\n", to: "0001_a.up.sql", in: directory)
            try write("SELECT 2", to: "0001_a.down.sql", in: directory)
            try write("*.sql text eol=lf", to: ".gitattributes", in: directory)
            try FileManager.default.createDirectory(
                at: directory.appendingPathComponent("payments"),
                withIntermediateDirectories: false
            )
            let set = try MigrationSet(name: "sample", directory: directory.path)
            #expect(set.migrations.map(\.up) == ["SELECT 'ä';\r\n"])
            #expect(try MigrationSet(name: "sample", directory: directory.path + "/") == set)
        }
    }

    @Test("is refused when a file is not UTF-8, naming it")
    func notText() throws {
        try withDirectory { directory in
            try Data([0x53, 0xFF]).write(to: directory.appendingPathComponent("0001_a.up.sql"))
            let error = try #require(throws: MigrationError.self) {
                try MigrationSet(name: "sample", directory: directory.path)
            }
            #expect(error.code == .unreadable)
            #expect(error.message.contains("0001_a.up.sql"))
        }
    }

    @Test("is refused when there is nothing in it, or no directory")
    func nothing() throws {
        try withDirectory { directory in
            let empty = try #require(throws: MigrationError.self) {
                try MigrationSet(name: "sample", directory: directory.path)
            }
            #expect(empty.code == .invalidSet)
            let absent = try #require(throws: MigrationError.self) {
                try MigrationSet(name: "sample", directory: directory.path + "/absent")
            }
            #expect(absent.code == .unreadable)
            #expect(absent.message.contains(directory.path + "/absent"))
        }
    }

    private func withDirectory(_ body: (URL) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("migrations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try body(directory)
    }

    private func write(_ text: String, to name: String, in directory: URL) throws {
        try Data(text.utf8).write(to: directory.appendingPathComponent(name))
    }
}
