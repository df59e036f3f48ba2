import Configuration
import Logging

/// How much the service says on stderr.
struct LoggingSettings: Sendable, Hashable {
    /// `LOG_LEVEL`, info by default.
    let level: Logger.Level

    /// - Throws: ``SettingsError`` when the level is not one of swift-log's.
    init(_ reader: ConfigReader) throws {
        let text = reader.text("log.level") ?? "info"
        guard let level = Logger.Level(rawValue: text.lowercased()) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw SettingsError("LOG_LEVEL must be one of \(levels), but is \"\(text)\"")
        }
        self.level = level
    }

    /// Makes every logger of this process write to stderr at the level; stdout is for what commands print. Call once.
    func bootstrap() -> Logger {
        let level = level
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        return Logger(label: "payments")
    }
}
