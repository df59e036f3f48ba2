import Foundation

struct ShellError: Error, CustomStringConvertible {
    var description: String
}

/// Runs a script with `sh -eu` in a directory.
///
/// - Throws: what it printed, when it fails.
func shell(_ script: String, in directory: URL) async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-euc", script]
    process.currentDirectoryURL = directory
    let log = directory.appendingPathComponent("shell-\(UUID().uuidString).log")
    _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    let output = try FileHandle(forWritingTo: log)
    process.standardOutput = output
    process.standardError = output
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        process.terminationHandler = { _ in continuation.resume() }
        do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    if process.terminationStatus != 0 {
        throw ShellError(description: (try? String(contentsOf: log, encoding: .utf8)) ?? "no output")
    }
}

/// Makes a directory that everybody may read, and removes it after the body.
func withTemporaryDirectory<T>(
    isolation: isolated (any Actor)? = #isolation, _ body: (URL) async throws -> T
) async throws -> T {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("libpq-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
        at: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await body(directory)
}
