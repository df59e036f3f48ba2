import Foundation
import SQLMigrations
import Testing

@Suite("The migrations compiled into the products")
struct CompiledMigrationsTests {
    /// The checkout, found from this file: `swift test` may run anywhere.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("are the files of migrations/, byte by byte")
    func equal() throws {
        let files = try MigrationSet(
            name: "idempotency", directory: Self.root.appendingPathComponent("migrations").path)
        #expect(MigrationSet.idempotency.name == files.name)
        #expect(MigrationSet.idempotency.migrations.map(\.name) == files.migrations.map(\.name))
        for (compiled, file) in zip(MigrationSet.idempotency.migrations, files.migrations) {
            #expect(
                Array(compiled.up.utf8) == Array(file.up.utf8), "\(file.name).up.sql: run scripts/embed-migrations.sh")
            #expect(
                Array(compiled.down.utf8) == Array(file.down.utf8),
                "\(file.name).down.sql: run scripts/embed-migrations.sh")
        }
    }

    @Test("are what scripts/embed-migrations.sh writes now, for every set")
    func upToDate() throws {
        let process = Process()
        process.executableURL = Self.root.appendingPathComponent("scripts/embed-migrations.sh")
        process.arguments = ["--check"]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let message = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(String(decoding: message, as: UTF8.self))")
    }
}
