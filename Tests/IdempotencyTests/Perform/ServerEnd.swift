import EmbeddedPostgres
import Foundation
import LibPQ
import TestSupport

/// How the server's end of the connections comes to its end.
enum ServerEnd: CaseIterable, Sendable {
    /// `pg_terminate_backend` of each.
    case terminated
    /// Fast shutdown and restart.
    case shutDownFast
    /// Immediate shutdown and restart, with recovery.
    case shutDownImmediately
    /// kill -9 of the server and restart, with recovery.
    case killed

    /// Lets it happen, and returns when the server is there again.
    ///
    /// - Parameter server: the one that the fixture stands on; ``terminated`` needs none.
    func happen(to fixture: PerformFixture, on server: EmbeddedPostgres?) async throws {
        switch self {
        case .terminated:
            try await fixture.terminateBackends("application_name = '\(Self.victim)'")
        case .shutDownFast:
            try await server?.restart()
        case .shutDownImmediately:
            guard let server else { return }
            let postmaster = server.processID
            kill(postmaster, SIGQUIT)
            // A restart shuts down fast what still runs.
            try await waitUntil("the server is down") { kill(postmaster, 0) != 0 }
            try await server.restart()
        case .killed:
            try await server?.kill()
            try await server?.restart()
        }
    }

    /// The application name of the connections that ``terminated`` is for.
    static let victim = "victim"
}

extension PerformFixture {
    /// Terminates the other backends of this database that match, and waits until they are gone.
    func terminateBackends(_ condition: String) async throws {
        let backends = try await observer.query(
            """
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND \(unescaped: condition)
            """
        ).decode(Int.self)
        try await observer.execute(
            "SELECT pg_terminate_backend(pid::int) FROM unnest(\(backends)) AS pid WHERE pid::int <> pg_backend_pid()")
        try await waitUntil("the backends are gone") {
            try await observer.queryRow(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY (\(backends)) AND pid <> pg_backend_pid()"
            ).decode(Int.self) == 0
        }
    }
}
