/// Everything that can go wrong with an embedded server. Holds no password and no URL.
public struct EmbeddedPostgresError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure this is. More codes may come; switch with a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as in the source.
        public let description: String

        /// No usable PostgreSQL binaries on this machine. The message says what to install.
        public static let binariesNotFound = Code(description: "binariesNotFound")
        /// The kept data belong to a major version of PostgreSQL whose binaries are not installed.
        public static let versionMismatch = Code(description: "versionMismatch")
        /// The directory cannot be created, entered or used.
        public static let directoryUnusable = Code(description: "directoryUnusable")
        /// A setting has a malformed name, or is one that the embedded server decides itself.
        public static let invalidSetting = Code(description: "invalidSetting")
        /// `initdb` failed; the message ends with what it printed.
        public static let initializationFailed = Code(description: "initializationFailed")
        /// The server did not start; the message ends with the last lines of its log.
        public static let startFailed = Code(description: "startFailed")
        /// The server did not end, even when killed.
        public static let stopFailed = Code(description: "stopFailed")
        /// The server has been stopped for good; start another one.
        public static let stopped = Code(description: "stopped")
    }

    /// What kind of failure this is.
    public let code: Code
    /// What happened and what helps, in a sentence or two.
    public let message: String
    /// The error that caused this one, if any.
    public let underlying: (any Error)?

    init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// Code, message and cause.
    public var description: String {
        let cause = underlying.map { " (\($0))" } ?? ""
        return "EmbeddedPostgresError.\(code): \(message)\(cause)"
    }
}
