import Foundation
import Synchronization
import TestSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The real `payments` program, started as a process.
package final class PaymentsProcess: Sendable {
    /// Where it answers.
    package let url: String
    private let process: Process
    private let directory: URL

    /// Starts the program and waits for the line that says where it listens.
    /// - Parameters:
    ///   - arguments: `serve` by default.
    ///   - environment: its settings; nothing else of this process' environment but PATH and HOME is passed on.
    package static func serve(_ environment: [String: String], arguments: [String] = []) async throws -> PaymentsProcess
    {
        let (process, directory) = try launch(environment.merging(["PORT": "0"]) { given, _ in given }, arguments)
        let output = directory.appendingPathComponent("stdout")
        do {
            try await waitUntil("payments listens", deadline: .seconds(60)) {
                guard process.isRunning else { throw Ended(text: Self.text(directory, "stderr")) }
                return Self.text(output).contains("\n")
            }
        } catch {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            try? FileManager.default.removeItem(at: directory)
            throw error
        }
        let line = Self.text(output).prefix { $0 != "\n" }
        guard let url = line.split(separator: " ").last, line.hasPrefix("listening on http://") else {
            throw Ended(text: "unexpected line: \(line)")
        }
        return PaymentsProcess(process, directory, url: String(url))
    }

    /// Runs the program to its end.
    /// - Returns: its exit code, and what it printed.
    package static func run(
        _ environment: [String: String], arguments: [String] = []
    ) async throws -> (code: Int32, output: String, errors: String) {
        let (process, directory) = try launch(environment, arguments)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await waitUntil("payments ends", deadline: .seconds(60)) { !process.isRunning }
        return (process.terminationStatus, text(directory, "stdout"), text(directory, "stderr"))
    }

    private init(_ process: Process, _ directory: URL, url: String) {
        self.process = process
        self.directory = directory
        self.url = url
    }

    /// Sends a signal.
    package func signal(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// Whether it has not ended yet.
    package var isRunning: Bool { process.isRunning }

    /// What it has written to stderr.
    package var errors: String { Self.text(directory, "stderr") }

    /// Waits for its end.
    /// - Returns: the exit code; for a process ended by a signal, the signal's number.
    @discardableResult
    package func end() async throws -> Int32 {
        try await waitUntil("payments ends", deadline: .seconds(60)) { !self.process.isRunning }
        return process.terminationStatus
    }

    /// Ends it, if it has not ended, and removes its directory.
    package func dispose() async {
        if process.isRunning { signal(SIGKILL) }
        _ = try? await end()
        try? FileManager.default.removeItem(at: directory)
    }

    private static func launch(_ environment: [String: String], _ arguments: [String]) throws -> (Process, URL) {
        let executable = try executable()
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("payments-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = directory
        let own = ProcessInfo.processInfo.environment
        process.environment = environment.merging(["PATH": own["PATH"] ?? "", "HOME": own["HOME"] ?? ""]) { given, _ in
            given
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try file(directory, "stdout")
        process.standardError = try file(directory, "stderr")
        try process.run()
        return (process, directory)
    }

    /// The program that was built together with this one, beside it or beside the test bundle.
    private static func executable() throws -> URL {
        var directory = URL(fileURLWithPath: CommandLine.arguments[0]).standardizedFileURL.deletingLastPathComponent()
        for bundle in Bundle.allBundles where bundle.bundlePath.hasSuffix(".xctest") {
            directory = bundle.bundleURL.deletingLastPathComponent()
        }
        let executable = directory.appendingPathComponent("payments")
        guard FileManager.default.isExecutableFile(atPath: executable.path) else {
            throw Ended(text: "there is no \(executable.path)")
        }
        return executable
    }

    private static func file(_ directory: URL, _ name: String) throws -> FileHandle {
        let url = directory.appendingPathComponent(name)
        _ = FileManager.default.createFile(atPath: url.path, contents: nil)
        return try FileHandle(forWritingTo: url)
    }

    private static func text(_ directory: URL, _ name: String) -> String {
        text(directory.appendingPathComponent(name))
    }

    private static func text(_ url: URL) -> String {
        (try? Data(contentsOf: url)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// It ended too early, or said something else.
    package struct Ended: Error, CustomStringConvertible {
        let text: String
        package var description: String { "payments did not start: \(text)" }
    }
}
