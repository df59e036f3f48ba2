#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A server process, known by its id and its data directory.
struct Postmaster: Sendable, Hashable {
    let processID: Int32
    /// Absolute, without symbolic links.
    let dataDirectory: String

    /// How often to look at a process that is not our child. Looking costs one system call.
    static let pollInterval = Duration.milliseconds(10)

    /// Whether the process lives *and* is the server of this directory. A process id alone proves nothing: after a crash another
    /// program may have it. The postmaster and all its children stand in the data directory; a zombie stands nowhere.
    var isRunning: Bool {
        Self.worksIn(dataDirectory, processID: processID)
    }

    /// Whether any process has this id, be it a server or not.
    static func exists(_ processID: Int32) -> Bool {
        systemKill(processID, 0) == 0 || errno == EPERM
    }

    /// Sends a signal, unless the process is another program by now.
    func signal(_ signal: Int32) {
        guard isRunning else { return }
        _ = systemKill(processID, signal)
    }

    /// Waits until the process has ended; says `false` at the deadline. Must not run in a cancelled task.
    func waitForEnd(within patience: Duration) async -> Bool {
        let deadline = ContinuousClock.now + patience
        while isRunning {
            if ContinuousClock.now >= deadline { return false }
            try? await Task.sleep(for: Self.pollInterval)
        }
        return true
    }

    /// Ends the server, harsher and harsher.
    func stop(_ mode: EmbeddedPostgres.ShutdownMode) async throws {
        var next: EmbeddedPostgres.ShutdownMode? = mode
        while let mode = next {
            signal(mode.signal)
            if await waitForEnd(within: mode.patience) { return }
            next = mode.escalation
        }
        try await kill()
    }

    /// Kills the postmaster and waits until its orphaned children have noticed, because the next postmaster cannot start before.
    func kill() async throws {
        signal(SIGKILL)
        guard await waitForEnd(within: .seconds(10)) else {
            throw EmbeddedPostgresError(.stopFailed, "PostgreSQL (process \(processID)) does not end, even when killed")
        }
        let deadline = ContinuousClock.now + .seconds(5)
        while case let orphans = Self.processes(in: dataDirectory), !orphans.isEmpty {
            if ContinuousClock.now >= deadline {
                for orphan in orphans { Postmaster(processID: orphan, dataDirectory: dataDirectory).signal(SIGKILL) }
            }
            try? await Task.sleep(for: Self.pollInterval)
        }
    }

    /// Ends every process of the server before any of them can see another end.
    func powerOff() async throws {
        signal(SIGSTOP)  // it starts no child any more, and to its children it lives
        while case let children = Self.processes(in: dataDirectory).filter({ $0 != processID }), !children.isEmpty {
            for child in children { Postmaster(processID: child, dataDirectory: dataDirectory).signal(SIGKILL) }
            try? await Task.sleep(for: Self.pollInterval)
        }
        try await kill()
    }

    #if os(Linux) || os(Android)
    private static func worksIn(_ directory: String, processID: Int32) -> Bool {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(processID)/cwd")) == directory
    }

    /// Every process that works in the directory: the postmaster, its children, its orphans.
    static func processes(in directory: String) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { worksIn(directory, processID: $0) }
    }
    #else
    private static func worksIn(_ directory: String, processID: Int32) -> Bool {
        var path = [CChar](repeating: 0, count: 4096)
        guard proc_pidpath(processID, &path, UInt32(path.count)) > 0 else { return false }
        return path.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }?.hasSuffix("/postgres")
            == true
    }

    /// Not to be had here without a helper; a start right after a kill is tried again instead.
    static func processes(in directory: String) -> [Int32] { [] }
    #endif
}

// The method above hides the function of the same name.
private func systemKill(_ processID: Int32, _ signal: Int32) -> Int32 { kill(processID, signal) }
