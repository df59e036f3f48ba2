public import EmbeddedPostgres
package import FaultProxy
import Foundation
public import LibPQ

#if canImport(Glibc)
import Glibc
#endif

/// A PgBouncer in transaction mode with two connections to a server of its own.
public struct PgBouncer: Sendable {
    /// The server.
    public let server: EmbeddedPostgres
    /// Where clients connect.
    public let url: String
    /// Stands between the pooler and the server.
    package let proxy: FaultProxy

    private let directory: URL

    /// How many sessions of the server its clients share.
    public static let serverConnections = 2

    /// Runs the body with a pooler, which ends with it.
    public static func with(_ body: (PgBouncer) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let server = try await EmbeddedPostgres.start(.temporary)
            do {
                let bouncer = try PgBouncer(before: server, in: directory)
                defer { bouncer.proxy.close() }
                let lifeline = try bouncer.start()
                defer { try? lifeline.close() }
                try await waitUntil("PgBouncer answers") {
                    guard let connection = try? await PostgresConnection.connect(bouncer.configuration()) else {
                        return false
                    }
                    await connection.close()
                    return true
                }
                try await body(bouncer)
            } catch {
                try? await server.stop()
                throw error
            }
            try await server.stop()
        }
    }

    private init(before server: EmbeddedPostgres, in directory: URL) throws {
        guard let serverURL = server.tcpURL else { throw ShellError(description: "no TCP") }
        self.server = server
        self.directory = directory
        proxy = try FaultProxy(to: serverURL)
        let folder = directory.path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        url = "postgresql://postgres@/postgres?host=\(folder)&port=6432"
    }

    /// - Returns: close it to end the pooler.
    private func start() throws -> FileHandle {
        let target = URLComponents(string: proxy.url)
        let configuration = """
            [databases]
            * = host=127.0.0.1 port=\(proxy.port) user=\(target?.user ?? "") password=\(target?.password ?? "")
            [pgbouncer]
            listen_addr =
            listen_port = 6432
            unix_socket_dir = \(directory.path)
            auth_type = any
            pool_mode = transaction
            default_pool_size = \(Self.serverConnections)
            max_client_conn = 100
            logfile = \(directory.path)/pgbouncer.log
            """
        let file = directory.appendingPathComponent("pgbouncer.ini")
        try configuration.write(to: file, atomically: true, encoding: .utf8)
        // PgBouncer refuses to run as root: then it becomes somebody else, who must be able to make the socket.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The shell sees the end of its input when we close the pipe, or are gone.
        let user = geteuid() == 0 ? "-u nobody" : ""
        process.arguments = ["-c", "pgbouncer -q \(user) \(file.path) </dev/null & read -r _; kill -9 $!"]
        process.environment = ["PATH": (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin"]
        let lifeline = Pipe()
        process.standardInput = lifeline
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return lifeline.fileHandleForWriting
    }

    /// Where to connect, with what a pooler needs.
    public func configuration() throws -> PostgresConnection.Configuration {
        var configuration = try PostgresConnection.Configuration(url: url)
        configuration.adaptToTransactionPooling()
        return configuration
    }
}
