internal import Logging

/// Makes the connections on which ``PostgresNotifications`` listens.
struct NotificationListener: Sendable {
    let configuration: PostgresConnection.Configuration
    let channels: [String]
    let logger: Logger

    func listen() async throws(PostgresError) -> PostgresConnection {
        let connection = try await PostgresConnection.connect(configuration, logger: logger)
        _ = try await connection.pipeline(channels.map { "LISTEN \(unescaped: $0.quoted(with: "\""))" })
        return connection
    }

    /// Tries for as long as it takes.
    func listenAgain() async throws(PostgresError) -> PostgresConnection {
        var backoff = Backoff()
        while true {
            do {
                try await Task.sleep(for: backoff.next())
            } catch {
                throw PostgresError(.cancelled, "the calling task was cancelled while it waited for notifications")
            }
            do throws(PostgresError) {
                return try await listen()
            } catch {
                if Task.isCancelled { throw error }
                logger.warning("cannot listen again yet", metadata: ["error": "\(error)"])
            }
        }
    }
}
