import ArgumentParser
import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where the database is: the options that every command with a connection has.
struct DatabaseOptions: ParsableArguments {
    @Option(
        name: .customLong("database-url"),
        help: ArgumentHelp(
            "postgresql://... or a conninfo string. Others can see it in the list of processes: "
                + "a password belongs in DATABASE_URL, PGPASSWORD or ~/.pgpass.",
            valueName: "url"
        )
    )
    var databaseURL: String?

    /// How to connect.
    func configuration() throws(DatabaseFailure) -> PostgresConnection.Configuration {
        do throws(PostgresError) {
            // An empty string makes libpq read the PG* variables.
            let url = databaseURL ?? ProcessInfo.processInfo.environment["DATABASE_URL"] ?? ""
            var configuration = try PostgresConnection.Configuration(url: url)
            configuration.applicationName = configuration.applicationName ?? "idempotency"
            return configuration
        } catch {
            throw DatabaseFailure(cause: error)
        }
    }

    /// Runs `body` with a connection of its own and closes it afterwards.
    ///
    /// - Parameter configure: may change how it connects.
    func withConnection<T>(
        configure: (inout PostgresConnection.Configuration) -> Void = { _ in },
        _ body: (PostgresConnection) async throws -> T
    ) async throws -> T {
        var configuration = try configuration()
        configure(&configuration)
        let connection: PostgresConnection
        do throws(PostgresError) {
            connection = try await PostgresConnection.connect(configuration, logger: .quiet)
        } catch {
            throw DatabaseFailure(cause: error)
        }
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}

/// No connection: in the words of the library, which never show a password.
struct DatabaseFailure: Error, CustomStringConvertible {
    let cause: PostgresError

    var description: String {
        let verb = cause.code == .invalidConfiguration ? "cannot understand the database URL" : "cannot connect"
        return "\(verb): \(cause.message)"
    }
}
