public import ServiceLifecycle

extension EmbeddedPostgres: Service {
    /// Waits for graceful shutdown or cancellation, then stops the server (`.fast`).
    ///
    /// Put it first in the service group: a group stops its services in reverse order, so that everybody who uses the database
    /// has ended before it does.
    /// - Throws: ``EmbeddedPostgresError`` when the server does not stop; `CancellationError` when the task was cancelled.
    public func run() async throws {
        do {
            try await gracefulShutdown()
        } catch {
            try await stop()
            throw error
        }
        try await stop()
    }
}
