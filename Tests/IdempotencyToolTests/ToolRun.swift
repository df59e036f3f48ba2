import Foundation

/// One run of the built tool, as a script sees it.
struct ToolRun {
    let status: Int32
    let output: String
    let errors: String

    /// Runs `idempotency` with these arguments and nothing of this process's environment but what is given.
    init(_ arguments: [String], environment: [String: String] = [:], input: String = "") throws {
        let process = Process()
        process.executableURL = Self.executable
        process.arguments = arguments
        process.environment = environment
        let output = Pipe()
        let errors = Pipe()
        let typed = Pipe()
        process.standardInput = typed
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        try typed.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try typed.fileHandleForWriting.close()
        // Neither stream of this tool fills a pipe's buffer: they may be read one after the other.
        self.output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        self.errors = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        status = process.terminationStatus
    }

    /// The same on a thread of its own, for a tool that talks to a server in this process.
    static func aside(_ arguments: [String]) async throws -> ToolRun {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try ToolRun(arguments) }) }
        }
    }

    /// SwiftPM puts the tests and the products into one directory.
    static var executable: URL {
        #if os(macOS)
        let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL ?? Bundle.main.bundleURL
        return tests.deletingLastPathComponent().appendingPathComponent("idempotency")
        #else
        return Bundle.main.bundleURL.appendingPathComponent("idempotency")
        #endif
    }
}
