import Foundation
import TestSupport

/// The built tool while it runs, for commands that do not end by themselves.
final class ToolProcess {
    private let process = Process()

    init(_ arguments: [String]) throws {
        process.executableURL = ToolRun.executable
        process.arguments = arguments
        process.environment = [:]
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for its end.
    ///
    /// - Returns: the exit code.
    func end() async throws -> Int32 {
        try await waitUntil("the tool has ended", deadline: .seconds(30)) { !process.isRunning }
        return process.terminationStatus
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}
