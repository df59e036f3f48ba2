public import EmbeddedPostgres
import Foundation
import LibPQ

/// A primary and its standby: two real servers.
public final class ReplicatedPair: Sendable {
    /// The server that can be written to until ``failOver(afterCatchingUp:)``.
    public let primary: EmbeddedPostgres
    /// The server that follows it.
    public let standby: EmbeddedPostgres

    /// What the standby calls itself.
    private static let standbyName = "standby"

    private init(primary: EmbeddedPostgres, standby: EmbeddedPostgres) {
        self.primary = primary
        self.standby = standby
    }

    /// Runs the body with two servers, which end with it.
    ///
    /// - Parameter isSynchronous: whether COMMIT waits until the standby has it, too. By default it does not.
    public static func with(
        isSynchronous: Bool = false, _ body: (ReplicatedPair) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let primary = try await EmbeddedPostgres.start(.temporary)
            do {
                let standby = try await startStandby(of: primary, in: directory)
                do {
                    let pair = ReplicatedPair(primary: primary, standby: standby)
                    if isSynchronous { try await pair.makeSynchronous() }
                    try await body(pair)
                } catch {
                    try? await standby.stop(.immediate)
                    throw error
                }
                try await standby.stop(.immediate)
            } catch {
                try? await primary.stop(.immediate)
                throw error
            }
            try await primary.stop(.immediate)
        }
    }

    /// A copy of the primary's data under the same password, laid out as an embedded server's own directory.
    private static func startStandby(of primary: EmbeddedPostgres, in directory: URL) async throws -> EmbeddedPostgres {
        let connection = try await PostgresConnection.connect(.init(url: primary.url))
        let binaries = try await connection.queryRow("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
            .decode(String.self)
        await connection.close()
        // The name is kept in the standby's primary_conninfo.
        try await shell(
            """
            "\(binaries)/pg_basebackup" -d '\(primary.url)&application_name=\(standbyName)' \
                -D data -R -X stream -c fast --no-sync
            cp -p '\(primary.directory)/password' password
            touch start.lock
            [ "$(id -u)" -ne 0 ] || chown -R "$(stat -c %U password)" .
            """, in: directory)
        return try await EmbeddedPostgres.start(
            .kept(directory: directory.path), settings: ["fsync": "off", "full_page_writes": "off"])
    }

    /// Only once the standby streams: before, every COMMIT would wait for it.
    private func makeSynchronous() async throws {
        let connection = try await PostgresConnection.connect(.init(url: primary.url))
        try await waitUntil("the standby streams") {
            try await connection.queryRow("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
                .decode(Int.self) == 1
        }
        try await connection.execute(
            "ALTER SYSTEM SET synchronous_standby_names = '\(unescaped: Self.standbyName)'")
        try await connection.execute("SELECT pg_reload_conf()")
        try await waitUntil("the standby is synchronous") {
            try await connection.queryRow("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
                .decode(Int.self) == 1
        }
        await connection.close()
    }

    /// Ends the primary as the loss of its machine would, and promotes the standby.
    ///
    /// - Parameter afterCatchingUp: whether to wait before until the standby has everything, which a crash would not.
    public func failOver(afterCatchingUp: Bool = true) async throws {
        let promoted = try await PostgresConnection.connect(.init(url: standby.url))
        if afterCatchingUp {
            let connection = try await PostgresConnection.connect(.init(url: primary.url))
            let position = try await connection.queryRow("SELECT pg_current_wal_lsn()::text").decode(String.self)
            await connection.close()
            try await waitUntil("the standby has caught up") {
                try await promoted.queryRow("SELECT pg_last_wal_replay_lsn() >= \(position)::pg_lsn").decode(Bool.self)
            }
        }
        try await primary.powerOff()
        try await promoted.execute("SELECT pg_promote()")
        await promoted.close()
    }

    /// Where to connect: to the primary, then to the standby.
    ///
    /// - Parameters:
    ///   - attributes: libpq's `target_session_attrs`.
    ///   - ports: of other hosts of this machine, to be tried between the two.
    /// - Returns: a conninfo string.
    public func conninfo(_ attributes: String, between ports: [Int] = []) throws -> String {
        let servers = try [primary, standby].map { server in
            guard let url = server.tcpURL.flatMap({ URLComponents(string: $0) }), let port = url.port else {
                throw ShellError(description: "no TCP")
            }
            return (url: url, port: port)
        }
        let all = [servers[0].port] + ports + [servers[1].port]
        let hosts = all.map { _ in "127.0.0.1" }.joined(separator: ",")
        return """
            host=\(hosts) port=\(all.map(String.init).joined(separator: ",")) user=\(servers[0].url.user ?? "") \
            password=\(servers[0].url.password ?? "") dbname=postgres target_session_attrs=\(attributes)
            """
    }
}
