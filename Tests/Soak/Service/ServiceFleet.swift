import Foundation
import PaymentsSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The service's processes: started, ended, started again, and looked after.
actor ServiceFleet {
    /// The token that the clients show, of the tenant `soak`.
    static let token = "soak-token"

    private let environment: [String: String]
    /// Nil while a process is being started or ended.
    private var processes: [PaymentsProcess?]
    private var endedUnknownCommits = 0
    /// What the processes did that they must never do.
    private(set) var failures: [String] = []
    private var isStopped = false

    /// - Parameters:
    ///   - count: how many processes.
    ///   - databaseURL: through which they reach the database.
    init(_ count: Int, databaseURL: String) {
        processes = Array(repeating: nil, count: count)
        environment = [
            "DATABASE_URL": databaseURL, "PAYMENTS_API_TOKENS": "soak:\(Self.token)", "LOG_LEVEL": "warning",
            "POOL": "8",
            // A fault in the engine itself, in builds that have some: the soak must find it.
            "MUTANT": ProcessInfo.processInfo.environment["MUTANT"] ?? "",
        ]
    }

    /// How long a start may take, with faults going on meanwhile.
    private static let patience = Duration.seconds(60)

    /// Starts all of them.
    func start() async throws {
        for index in processes.indices { processes[index] = try await PaymentsProcess.serve(environment) }
    }

    /// Where one of the running processes answers; nil if there is none.
    func url(_ choice: Int) -> String? {
        for offset in processes.indices {
            if let process = processes[(choice + offset) % processes.count] { return process.url }
        }
        return nil
    }

    /// How often a process has found that it did not know whether a COMMIT had happened.
    var unknownCommits: Int {
        endedUnknownCommits + processes.reduce(0) { $0 + ($1.map { Self.unknownCommits(in: $0.errors) } ?? 0) }
    }

    /// Ends a process and starts it again.
    /// - Returns: false when it was not running.
    func restart(_ index: Int, by end: PlannedFault.ServiceEnd) async -> Bool {
        guard let process = processes[index] else { return false }
        processes[index] = nil
        process.signal(end == .kill ? SIGKILL : SIGTERM)
        await note(process, isKilled: end == .kill)
        await startAgain(index)
        return true
    }

    /// Starts processes again that ended without being asked. Runs until it is cancelled.
    func lookAfter() async {
        while !Task.isCancelled {
            for index in processes.indices {
                guard let process = processes[index], !process.isRunning else { continue }
                processes[index] = nil
                failures.append("a process ended of itself: \(process.errors.suffix(2000))")
                await note(process, isKilled: true)
                await startAgain(index)
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Ends all of them in order.
    func stop() async {
        isStopped = true
        for index in processes.indices {
            guard let process = processes[index] else { continue }
            processes[index] = nil
            process.signal(SIGTERM)
            await note(process, isKilled: false)
        }
    }

    /// Ends all of them at once.
    func kill() async {
        isStopped = true
        for index in processes.indices {
            await processes[index]?.dispose()
            processes[index] = nil
        }
    }

    private func startAgain(_ index: Int) async {
        let deadline = ContinuousClock.now + Self.patience
        while !isStopped, !Task.isCancelled {
            do {
                let process = try await PaymentsProcess.serve(environment)
                guard !isStopped else { return await process.dispose() }
                processes[index] = process
                return
            } catch {
                // The database may be away just now.
                guard ContinuousClock.now < deadline else {
                    failures.append("\(error)")
                    return
                }
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Waits for a process' end and keeps what it said.
    private func note(_ process: PaymentsProcess, isKilled: Bool) async {
        do {
            let code = try await process.end()
            if !isKilled, code != 0 {
                failures.append("exit code \(code) after SIGTERM: \(process.errors.suffix(2000))")
            }
        } catch is CancellationError {
        } catch {
            failures.append("\(error)")
        }
        let errors = process.errors
        endedUnknownCommits += Self.unknownCommits(in: errors)
        failures += errors.split(separator: "\n").filter { $0.contains(" critical ") || $0.contains("Fatal error") }
            .map(String.init)
        await process.dispose()
    }

    private static func unknownCommits(in log: String) -> Int {
        log.split(separator: "\n").count { $0.contains("COMMIT unknown: claiming the key again to find out") }
    }
}
