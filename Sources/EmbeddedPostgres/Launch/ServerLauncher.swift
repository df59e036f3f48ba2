#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Makes the data of one home and starts servers on them.
struct ServerLauncher: Sendable {
    let home: ServerHome
    let binaries: ServerBinaries
    let configuration: ServerConfiguration
    let isTemporary: Bool
    /// A port that nobody listens on, or so it seems.
    var choosePort: @Sendable () throws -> Int = LoopbackPort.free

    /// How long a start may take. Recovery after a crash counts in.
    static let patience = Duration.seconds(60)

    /// Runs `initdb`, unless the data exist.
    /// - Returns: the superuser's password.
    func initialize() async throws -> String {
        let files = FileManager.default
        if files.fileExists(atPath: home.data) {
            guard let password = home.read(home.password), !password.isEmpty else {
                throw EmbeddedPostgresError(
                    .directoryUnusable, "\(home.data) exists, but \(home.password) is missing or closed to this user")
            }
            return password
        }
        let password = RandomText.hexadecimal(bytes: 32)
        try home.write(password, to: home.password)
        try? files.removeItem(atPath: home.initializing)
        var arguments = [
            "--pgdata", home.initializing, "--username", ServerAddress.user, "--pwfile", home.password,
            "--auth-local", "scram-sha-256", "--auth-host", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
        ]
        if isTemporary { arguments.append("--no-sync") }
        let result = try await Tool.run(binaries.initdb, arguments, as: home.user)
        guard result.succeeded else {
            throw EmbeddedPostgresError(.initializationFailed, "initdb failed:\n\(result.output.suffix(2000))")
        }
        let file = home.initializing + "/postgresql.conf"
        try home.write(
            (home.read(file) ?? "") + "\n# Written anew at every start.\ninclude '../server.conf'\n", to: file)
        try files.moveItem(atPath: home.initializing, toPath: home.data)
        return password
    }

    /// Starts a server and waits until it accepts connections. Tries again, within limits, when somebody took the port first or
    /// when the last server's orphans still hold its shared memory.
    /// - Parameter address: where to listen, `nil` to choose.
    func start(password: String, at address: ServerAddress?) async throws -> (Postmaster, ServerAddress) {
        let deadline = ContinuousClock.now + Self.patience
        let crashed = try forgetOtherPrograms(sparing: address?.socketDirectory)
        let retryDeadline = ContinuousClock.now + .seconds(10)
        let socketDirectory = try address?.socketDirectory ?? home.socketDirectory()
        var portsLeft = 5
        do {
            while true {
                let attempt =
                    try address
                    ?? ServerAddress(port: choosePort(), socketDirectory: socketDirectory, password: password)
                do {
                    return (try await launch(at: attempt, deadline: deadline), attempt)
                } catch let error as EmbeddedPostgresError {
                    portsLeft -= 1
                    // Asked of the kernel, not of the server's message, whose wording and language may change.
                    let portWasTaken = !LoopbackPort.isFree(attempt.port)
                    if portWasTaken, address == nil, portsLeft > 0 { continue }
                    guard crashed || portWasTaken, ContinuousClock.now < retryDeadline else { throw error }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        } catch {
            if address == nil { home.removeSocketDirectory(socketDirectory) }
            throw error
        }
    }

    /// The server that runs on these data, once it is ready; `nil` when there is none. Waits for one that is starting or stopping.
    func running() async throws -> (Postmaster, PostmasterFile)? {
        let deadline = ContinuousClock.now + Self.patience
        while let file = home.read(home.data + "/postmaster.pid").flatMap(PostmasterFile.init) {
            let postmaster = Postmaster(processID: file.processID, dataDirectory: home.data)
            guard postmaster.isRunning else { return nil }
            if file.status == .ready { return (postmaster, file) }
            guard ContinuousClock.now < deadline else {
                throw EmbeddedPostgresError(
                    .startFailed,
                    "process \(file.processID) has been starting or stopping in \(home.data) for \(Self.patience)")
            }
            try await Task.sleep(for: Postmaster.pollInterval)
        }
        return nil
    }

    /// Removes `postmaster.pid` when its process id is another program's by now: `postgres` would take that for a live server.
    /// In every other case the file stays, because `postgres` finds in it the shared memory of orphans.
    /// - Parameter socketDirectory: a folder that will be used again. The last server's other one, if any, is removed.
    /// - Returns: whether the last server left without cleaning up.
    private func forgetOtherPrograms(sparing socketDirectory: String?) throws -> Bool {
        let path = home.data + "/postmaster.pid"
        guard let file = home.read(path).flatMap(PostmasterFile.init) else {
            return FileManager.default.fileExists(atPath: path)
        }
        if let left = file.socketDirectory, left != socketDirectory { home.removeSocketDirectory(left) }
        if Postmaster.exists(file.processID), Postmaster.processes(in: home.data).isEmpty {
            try FileManager.default.removeItem(atPath: path)
        }
        return true
    }

    private func launch(at address: ServerAddress, deadline: ContinuousClock.Instant) async throws -> Postmaster {
        try home.write(
            configuration.text(port: address.port, socketDirectory: address.socketDirectory), to: home.configuration)
        let process = ServerProcess(
            postgres: binaries.postgres, dataDirectory: home.data, user: home.user,
            log: FileDescriptor(rawValue: try home.openLog().take()))
        do {
            while true {
                switch process.state {
                case .launching:
                    break
                case .running(let processID):
                    // The file may still be the last server's.
                    if let file = home.read(home.data + "/postmaster.pid").flatMap(PostmasterFile.init),
                        file.processID == processID, file.status == .ready
                    {
                        return Postmaster(processID: processID, dataDirectory: home.data)
                    }
                case .ended(let reason):
                    throw EmbeddedPostgresError(.startFailed, "\(reason):\n\(home.logTail())")
                }
                guard ContinuousClock.now < deadline else {
                    throw EmbeddedPostgresError(
                        .startFailed, "PostgreSQL was not ready after \(Self.patience):\n\(home.logTail())")
                }
                try await Task.sleep(for: Postmaster.pollInterval)
            }
        } catch {
            // Too slow, or we have been cancelled: leave no server behind that nobody knows of. In a task of its own, because
            // ours may be cancelled.
            if case .running(let processID) = process.state {
                let postmaster = Postmaster(processID: processID, dataDirectory: home.data)
                _ = await Task { try await postmaster.stop(.immediate) }.result
            }
            throw error
        }
    }
}
