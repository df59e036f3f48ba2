public import Logging
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A private PostgreSQL server from the binaries on this machine, for tests, demonstrations and small installations.
///
/// ```swift
/// let server = try await EmbeddedPostgres.start(.kept(directory: ".payments"))
/// let pool = PostgresPool(configuration: try .init(url: server.url))
/// ```
/// It listens on a Unix socket in a directory that only its user can enter, and on a free port of 127.0.0.1. Both ask for a random
/// password (SCRAM-SHA-256), which is part of ``url`` and ``tcpURL``; do not log them. When we are root, the server runs as
/// `postgres`, or `nobody`.
///
/// A temporary server ends with the process that started it, even if that is killed with -9. A kept one may be used by several
/// processes: the last one to stop it ends it.
public actor EmbeddedPostgres {
    /// Where to connect: through the Unix socket, as superuser, to the database `postgres`. Holds the password. Stays the same
    /// over ``restart()`` and ``kill()``.
    public nonisolated let url: String
    /// The same server through 127.0.0.1. Holds the password.
    public nonisolated let tcpURL: String?
    /// The directory that holds everything of this server, for instance its log, `server.log`.
    public nonisolated let directory: String
    /// The postmaster's process id. Changes with ``restart()``.
    public nonisolated var processID: Int32 { currentProcessID.withLock { $0 } }
    /// Whether the server was already running and has been taken over, because an earlier owner was killed or another one lives.
    public nonisolated let wasAdopted: Bool

    private nonisolated let currentProcessID: Mutex<Int32>
    private let launcher: ServerLauncher
    private let address: ServerAddress
    private let ending: Ending
    private let logger: Logger
    private var postmaster: Postmaster
    private var stopping: Task<Void, any Error>?
    /// The latest of stop, kill and restart: they take turns.
    private var latest: Task<Void, any Error>?

    /// What sees to the end of a server.
    private enum Ending {
        case watchdog(Watchdog)
        /// Held shared by every process that uses a kept server.
        case owners(FileLock)
    }

    /// Starts a server, or takes over the one that already runs on a kept directory, and waits until it accepts connections.
    ///
    /// The first start in a directory runs `initdb`, about a second. A start takes 60 seconds at most.
    /// - Parameters:
    ///   - storage: where the data live, and for how long.
    ///   - settings: server settings by name, as in `postgresql.conf`; they win over the defaults of this library, which are
    ///     `max_connections` 200 and UTC, and for temporary servers `fsync` and `full_page_writes` off (safe when the server is
    ///     killed, not when the machine is).
    ///     A kept server that runs with other settings is restarted, unless another process uses it.
    ///   - logger: told about starts, adoptions and stops; never about passwords.
    /// - Throws: ``EmbeddedPostgresError``; `CancellationError` when the task is cancelled.
    public static func start(
        _ storage: Storage, settings: [String: String] = [:], logger: Logger = Logger(label: "EmbeddedPostgres")
    ) async throws -> EmbeddedPostgres {
        let configuration = try ServerConfiguration(storage: storage, overrides: settings)
        switch storage {
        case .temporary:
            return try await startTemporary(configuration, logger: logger)
        case .kept(let directory):
            return try await startKept(in: directory, configuration, logger: logger)
        }
    }

    private static func startTemporary(_ configuration: ServerConfiguration, logger: Logger) async throws
        -> EmbeddedPostgres
    {
        let binaries = try await ServerBinaries.find(majorVersion: nil)
        let home = try ServerHome.temporary()
        let watchdog = try Watchdog(home: home.path)
        do {
            let launcher = ServerLauncher(
                home: home, binaries: binaries, configuration: configuration, isTemporary: true)
            let password = try await launcher.initialize()
            let (postmaster, address) = try await launcher.start(password: password, at: nil)
            return EmbeddedPostgres(
                launcher: launcher, postmaster: postmaster, address: address, wasAdopted: false,
                ending: .watchdog(watchdog), logger: logger)
        } catch {
            try? await watchdog.release()
            throw error
        }
    }

    private static func startKept(
        in directory: String, _ configuration: ServerConfiguration, logger: Logger
    ) async throws -> EmbeddedPostgres {
        let home = try await ServerHome.kept(in: directory, logger: logger)
        let starting = try FileLock(path: home.startLock)
        try await starting.lock(exclusive: true, within: ServerLauncher.patience)
        defer { starting.release() }

        let version = home.read(home.data + "/PG_VERSION").flatMap { Int($0.prefix(while: \.isNumber)) }
        let binaries = try await ServerBinaries.find(majorVersion: version)
        let launcher = ServerLauncher(home: home, binaries: binaries, configuration: configuration, isTemporary: false)
        let password = try await launcher.initialize()
        let owners = try FileLock(path: home.ownersLock)

        var adopted: (Postmaster, ServerAddress)?
        if let (postmaster, file) = try await launcher.running(), let port = file.port {
            let address = ServerAddress(
                port: port, socketDirectory: file.socketDirectory ?? home.path, password: password)
            let text = configuration.text(port: port, socketDirectory: address.socketDirectory)
            let socket = "\(address.socketDirectory)/.s.PGSQL.\(port)"
            let isAsWanted = home.read(home.configuration) == text && FileManager.default.fileExists(atPath: socket)
            if isAsWanted {
                adopted = (postmaster, address)
            } else if owners.tryLock(exclusive: true) {
                try await postmaster.stop(.fast)
            } else {
                logger.warning("The server is in use by another process and keeps running with that one's settings")
                adopted = (postmaster, address)
            }
        }
        let (postmaster, address) =
            if let adopted { adopted } else { try await launcher.start(password: password, at: nil) }
        // Nobody holds it exclusively but for a moment and under the start lock, which is ours.
        try await owners.lock(exclusive: false, within: .seconds(5))
        return EmbeddedPostgres(
            launcher: launcher, postmaster: postmaster, address: address, wasAdopted: adopted != nil,
            ending: .owners(owners), logger: logger)
    }

    private init(
        launcher: ServerLauncher, postmaster: Postmaster, address: ServerAddress, wasAdopted: Bool, ending: Ending,
        logger: Logger
    ) {
        self.launcher = launcher
        self.postmaster = postmaster
        self.address = address
        self.ending = ending
        self.logger = logger
        self.wasAdopted = wasAdopted
        self.currentProcessID = Mutex(postmaster.processID)
        self.url = address.socketURL
        self.tcpURL = address.tcpURL
        self.directory = launcher.home.path
        logger.info(
            wasAdopted ? "PostgreSQL taken over" : "PostgreSQL started",
            metadata: [
                "pid": "\(postmaster.processID)", "port": "\(address.port)", "directory": "\(directory)",
                "version": "\(launcher.binaries.majorVersion)",
            ])
    }

    /// Ends the server and, if it is temporary, removes its directory. A kept server that another process uses goes on.
    ///
    /// May be called again, also while it runs: every call waits for the same end. Runs to its end even if the calling task is
    /// cancelled.
    /// - Parameter mode: how to end it; when it has not ended in time (60 seconds), the next harsher mode follows.
    /// - Throws: ``EmbeddedPostgresError/Code/stopFailed``.
    public func stop(_ mode: ShutdownMode = .fast) async throws {
        if stopping == nil { stopping = inTurn { try await self.end(mode) } }
        try await stopping?.value
    }

    /// Runs the body after what runs already, whether or not the caller is cancelled.
    private func inTurn(_ body: sending @escaping @isolated(any) () async throws -> Void) -> Task<Void, any Error> {
        let previous = latest
        let task = Task {
            _ = await previous?.result
            try await body()
        }
        latest = task
        return task
    }

    private func end(_ mode: ShutdownMode) async throws {
        switch ending {
        case .watchdog(let watchdog):
            try await postmaster.stop(mode)
            try await watchdog.release()
        case .owners(let owners):
            let home = launcher.home
            let starting = try FileLock(path: home.startLock)
            try await starting.lock(exclusive: true, within: ServerLauncher.patience)
            defer {
                owners.release()
                starting.release()
            }
            guard owners.tryLock(exclusive: true) else {
                logger.info("PostgreSQL goes on: another process uses it", metadata: ["pid": "\(postmaster.processID)"])
                return
            }
            try await postmaster.stop(mode)
            home.removeSocketDirectory(address.socketDirectory)
        }
        logger.info("PostgreSQL stopped", metadata: ["pid": "\(postmaster.processID)"])
    }

    /// Kills the postmaster with SIGKILL and waits until its children have noticed and gone. For fault tests: nothing is written
    /// or said to any client. ``restart()`` brings the server back, which then recovers from its write-ahead log.
    /// - Throws: ``EmbeddedPostgresError/Code/stopped`` after ``stop(_:)``.
    public func kill() async throws {
        try requireOurs()
        try await inTurn { try await self.killNow() }.value
    }

    private func killNow() async throws {
        try await postmaster.kill()
        logger.info("PostgreSQL killed", metadata: ["pid": "\(postmaster.processID)"])
    }

    /// Ends the server as a power failure does: all of its processes at once. For fault tests; ``restart()`` brings it back.
    ///
    /// After ``kill()`` the children live on until they have noticed. One that waits for a synchronous standby gives up then, and for
    /// that moment others see a commit that the standby does not have.
    /// - Throws: ``EmbeddedPostgresError/Code/stopped`` after ``stop(_:)``.
    public func powerOff() async throws {
        try requireOurs()
        try await inTurn { try await self.powerOffNow() }.value
    }

    private func powerOffNow() async throws {
        try await postmaster.powerOff()
        logger.info("PostgreSQL powered off", metadata: ["pid": "\(postmaster.processID)"])
    }

    /// Stops the server (`.fast`) if it runs, and starts it with the same data, port and socket: the URLs stay valid.
    /// - Throws: ``EmbeddedPostgresError/Code/startFailed``, for instance when another program has taken the port meanwhile;
    ///   ``EmbeddedPostgresError/Code/stopped`` after ``stop(_:)``.
    public func restart() async throws {
        try requireOurs()
        try await inTurn { try await self.restartNow() }.value
    }

    private func restartNow() async throws {
        try await postmaster.stop(.fast)
        postmaster = try await launcher.start(password: address.password, at: address).0
        let processID = postmaster.processID
        currentProcessID.withLock { $0 = processID }
        logger.info("PostgreSQL restarted", metadata: ["pid": "\(processID)"])
    }

    private func requireOurs() throws {
        guard stopping == nil else {
            throw EmbeddedPostgresError(.stopped, "the server has been stopped for good; start another one")
        }
    }
}
