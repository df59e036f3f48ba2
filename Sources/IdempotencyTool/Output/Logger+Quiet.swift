import Logging

extension Logger {
    /// The libraries' log has no place in a tool that says everything itself: its lines would mix with the answer.
    static var quiet: Logger {
        Logger(label: "idempotency") { _ in SwiftLogNoOpLogHandler() }
    }
}
