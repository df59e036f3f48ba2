import Foundation
import LibPQ
import TestSupport

@testable import EmbeddedPostgres

/// A primary and its standby, and a black hole between them in the list of hosts.
final class ReplicatedPair: Sendable {
    private let primary: EmbeddedPostgres
    private let standby: EmbeddedPostgres
    private let blackHole: LoopbackListener

    private init(primary: EmbeddedPostgres, standby: EmbeddedPostgres) throws {
        self.primary = primary
        self.standby = standby
        blackHole = try LoopbackListener()
    }

    /// Runs the body with two servers, which end with it.
    static func with(_ body: (ReplicatedPair) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let primary = try await EmbeddedPostgres.start(.temporary)
            do {
                let standby = try await startStandby(of: primary, in: directory)
                do {
                    try await body(ReplicatedPair(primary: primary, standby: standby))
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
        let binaries = try await ServerBinaries.find(majorVersion: nil)
        try await shell(
            """
            # Not all programs of an installation need be linked to where `postgres` is found.
            binaries=$(dirname "$(realpath "\(binaries.postgres)")")
            "$binaries/pg_basebackup" -d '\(primary.url)' -D data -R -X stream -c fast --no-sync
            cp -p '\(primary.directory)/password' password
            touch start.lock
            [ "$(id -u)" -ne 0 ] || chown -R "$(stat -c %U password)" .
            """, in: directory)
        return try await EmbeddedPostgres.start(
            .kept(directory: directory.path), settings: ["fsync": "off", "full_page_writes": "off"])
    }

    /// Ends the primary as a crash would, and promotes the standby once that has everything.
    func failOver() async throws {
        let connection = try await PostgresConnection.connect(.init(url: primary.url))
        let position = try await connection.queryRow("SELECT pg_current_wal_lsn()::text").decode(String.self)
        await connection.close()
        let promoted = try await PostgresConnection.connect(.init(url: standby.url))
        try await waitUntil("the standby has caught up") {
            try await promoted.queryRow("SELECT pg_last_wal_replay_lsn() >= \(position)::pg_lsn").decode(Bool.self)
        }
        try await primary.kill()
        try await promoted.execute("SELECT pg_promote()")
        await promoted.close()
    }

    /// Where to connect: the primary, a black hole, the standby.
    func configuration(_ attributes: String) throws -> PostgresConnection.Configuration {
        let servers = try [primary, standby].map { server in
            guard let url = server.tcpURL.flatMap({ URLComponents(string: $0) }), let port = url.port else {
                throw ShellError(description: "no TCP")
            }
            return (url: url, port: port)
        }
        let ports = [servers[0].port, blackHole.port, servers[1].port].map(String.init).joined(separator: ",")
        var configuration = try PostgresConnection.Configuration(
            url: """
                host=127.0.0.1,127.0.0.1,127.0.0.1 port=\(ports) user=\(servers[0].url.user ?? "") \
                password=\(servers[0].url.password ?? "") dbname=postgres target_session_attrs=\(attributes)
                """)
        configuration.connectTimeout = .milliseconds(1500)
        return configuration
    }
}
