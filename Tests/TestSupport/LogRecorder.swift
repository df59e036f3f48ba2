public import Logging
import Synchronization

/// Keeps every line that a logger is given, with its metadata, as one text.
public final class LogRecorder: Sendable {
    private let lines = Mutex<[String]>([])

    /// Starts with nothing.
    public init() {}

    /// All lines so far.
    public var text: String { lines.withLock { $0.joined(separator: "\n") } }

    /// A logger of every level whose lines are kept here.
    public var logger: Logger {
        Logger(label: "test") { _ in Handler(recorder: self) }
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            recorder.lines.withLock { $0.append("\(event.level) \(event.message) \(all)") }
        }
    }
}
