import FaultProxy
import Foundation
import LibPQ
import TestSupport

/// Where the commands of transcripts are typed: a shell before a running service, and the stage behind it.
final class Terminal {
    private let url: String
    private let database: TestDatabase
    /// Stands between the service and its database.
    private let proxy: FaultProxy
    private var paymentsAreHeld = false
    private var jobs: [Task<String, any Error>] = []

    init(url: String, database: TestDatabase, proxy: FaultProxy) {
        (self.url, self.database, self.proxy) = (url, database, proxy)
    }

    /// Makes a stage of the database: while it is held, a payment waits in its handler. (No lock, whose wait would time out.)
    static func setStage(of database: TestDatabase) async throws {
        for statement: PostgresQuery in [
            "CREATE TABLE stage AS SELECT false AS is_held",
            """
            CREATE FUNCTION wait_for_stage() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              WHILE (SELECT is_held FROM stage) LOOP PERFORM pg_sleep(0.01); END LOOP;
              RETURN NEW;
            END $$
            """,
            """
            CREATE TRIGGER wait_for_stage BEFORE UPDATE ON accounts
            FOR EACH ROW EXECUTE FUNCTION wait_for_stage()
            """,
        ] { try await database.pool.execute(statement) }
    }

    /// Does what a command says.
    ///
    /// A comment says what happens off stage. A command that ends with ` &` goes on while the next ones run; `wait` shows what they
    /// printed, in the order in which they began.
    /// - Returns: what it printed.
    func type(_ command: String) async throws -> String {
        switch command {
        case "# Payments take long.":
            try await holdPayments(true)
        case "# They go on.":
            try await holdPayments(false)
        case "# 24 hours pass.":
            try await database.pool.execute("UPDATE idempotency.keys SET expires_at = clock_timestamp()")
        case "# The database goes away.":
            proxy.goAway()
        case "# It is back.":
            proxy.comeBack()
            try await waitUntil("the service is ready") { try await printed(by: "curl -sf \(url)/ready") != "" }
        case "wait":
            var outputs: [String] = []
            for job in jobs { outputs.append(try await job.value) }
            jobs = []
            return outputs.joined(separator: "\n\n")
        default:
            guard !command.hasPrefix("#") else { throw ShellError(description: "nobody knows how: \(command)") }
            return try await run(command)
        }
        return ""
    }

    private func holdPayments(_ isHeld: Bool) async throws {
        try await database.pool.execute("UPDATE stage SET is_held = \(isHeld)")
        paymentsAreHeld = isHeld
    }

    private func run(_ command: String) async throws -> String {
        var output = ""
        if command.hasSuffix(" &") {
            let command = String(command.dropLast(2))
            jobs.append(Task { [url] in try await shown(of: command, at: url) })
        } else {
            output = try await shown(of: command, at: url)
        }
        if paymentsAreHeld {
            // Or the next command would be the first.
            try await waitUntil("a payment is held") {
                try await database.pool.queryRow(
                    """
                    SELECT EXISTS (
                      SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep')
                    """
                ).decode(Bool.self)
            }
        }
        return output
    }
}

/// Where the pages say that the service is: the default of `make demo`.
private let shownURL = "http://127.0.0.1:8080"

/// Fields that say nothing about idempotency.
private let unshownFields = ["date:", "server:", "content-length:"]

/// What a page shows of a command's output.
private func shown(of command: String, at url: String) async throws -> String {
    let output = try await printed(by: command.replacing(shownURL, with: url)).replacing(url, with: shownURL)
    var isHead = false
    var lines: [Substring] = []
    for line in output.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("HTTP/") { isHead = true }
        if line.isEmpty { isHead = false }
        if !isHead || !unshownFields.contains(where: line.lowercased().hasPrefix) { lines.append(line) }
    }
    return lines.joined(separator: "\n").trimmingCharacters(in: .newlines)
}

/// Runs a script with `sh`, and waits for its end, which may be a failure.
/// - Returns: what it printed.
private func printed(by script: String) async throws -> String {
    try await withTemporaryDirectory { directory in
        let file = directory.appendingPathComponent("output")
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        let handle = try FileHandle(forWritingTo: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        // No proxy, and no .curlrc.
        process.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return try String(contentsOf: file, encoding: .utf8)
    }
}
