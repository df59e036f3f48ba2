public import Foundation

/// Why a program of the machine could not be used.
public struct ShellError: Error, CustomStringConvertible {
    /// What was wrong, or what the program printed.
    public var description: String

    /// Makes an error.
    public init(description: String) { self.description = description }
}

/// Runs a script with `sh -eu` in a directory.
///
/// - Throws: what it printed, when it fails.
public func shell(_ script: String, in directory: URL) async throws {
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
public func withTemporaryDirectory<T>(
    isolation: isolated (any Actor)? = #isolation, _ body: (URL) async throws -> T
) async throws -> T {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
        at: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await body(directory)
}
