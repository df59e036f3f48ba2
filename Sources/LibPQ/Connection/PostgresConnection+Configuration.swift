#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension PostgresConnection {
    /// Where and how to connect.
    public struct Configuration: Sendable {
        private var options: ConnectionOptions
        /// With what the service file, the environment and libpq's defaults add. Read once, so that the hosts and what is demanded
        /// of them belong together.
        private let completed: ConnectionOptions
        /// Finds the addresses of host names.
        var resolver = NameLookup.system

        /// How long connecting to one host may take: the look-up of its name and all of its addresses together, each of which gets
        /// an equal part of what is left. Default: `connect_timeout` of the URL, the service file or `PGCONNECT_TIMEOUT`, else
        /// 5 s.
        public var connectTimeout: Duration
        /// The session's `lock_timeout`: how long a statement waits for a lock before it fails with `55P03`. Default 2 s;
        /// nil leaves the server's own setting. Sent as a start-up option; set nil behind a pooler that refuses those.
        public var lockTimeout: Duration? = .seconds(2)
        /// The session's `statement_timeout`: how long the server lets one statement run before it fails with `57014`. Default
        /// nil: the server's own setting. A start-up option like ``lockTimeout``.
        public var statementTimeout: Duration?
        /// How long a call may take from its begin to its last result, waiting for the connection's turn included, when it is
        /// given no deadline of its own. Past it the statement is cancelled on the server and the call fails with `timedOut`.
        /// Default nil: for ever. Unlike ``statementTimeout`` it also ends the wait for a server that has stopped answering.
        public var queryTimeout: Duration?
        /// How long a statement may take to end after it was cancelled. Past it the connection is discarded. Default 5 s.
        public var cancelTimeout: Duration = .seconds(5)
        /// How long COMMIT may take, the rest of an open stream included, and how long the answer to ROLLBACK is waited for. Past
        /// it the connection is discarded; COMMIT ends in `commitUnknown`, or in `timedOut` when it was not even sent.
        /// Default 10 s.
        public var commitTimeout: Duration = .seconds(10)
        /// How many statements are kept prepared on the server, least recently used out first. Default 128; 0 prepares none,
        /// for poolers in transaction mode.
        public var statementCacheCapacity = 128

        /// Takes a URL (`postgresql://user:password@host/database?option=value`) or a conninfo string
        /// (`host=... dbname=...`). What is missing comes from the service file (`service=...`), the `PG*` environment variables
        /// and `~/.pgpass`, as libpq documents ("Environment Variables"). An empty string takes everything from there.
        ///
        /// Several hosts, separated by commas, are tried in their order until one will do by `target_session_attrs`; each has
        /// ``connectTimeout`` for itself. libpq's rules hold: a server that refuses the password ends the search.
        ///
        /// - Throws: `invalidConfiguration` when libpq cannot parse it, or does not know the service. The message never quotes the
        ///   string.
        public init(url: String) throws(PostgresError) {
            options = try ConnectionOptions(parsing: url)
            completed = try options.completed()
            connectTimeout = .seconds(5)
            // libpq leaves this option to its blocking calls, which are not used here.
            if let text = completed.values["connect_timeout"] {
                guard let seconds = Int(text) else {
                    throw PostgresError(.invalidConfiguration, "connect_timeout must be a whole number of seconds")
                }
                // 0 and less mean "for ever" to libpq.
                connectTimeout = seconds > 0 ? .seconds(seconds) : .seconds(86_400)
            }
        }

        /// Sets what a pooler in transaction mode needs, for instance PgBouncer with `pool_mode = transaction`: no statements are
        /// kept prepared, because the next transaction may run on another server session, and nothing is sent as a start-up option,
        /// because poolers refuse those. ``lockTimeout`` and ``statementTimeout`` are then the role's:
        /// `ALTER ROLE ... SET lock_timeout = '2s'`.
        public mutating func adaptToTransactionPooling() {
            statementCacheCapacity = 0
            lockTimeout = nil
            statementTimeout = nil
        }

        /// The name shown in `pg_stat_activity`. Default: libpq's, which is `PGAPPNAME` or none.
        public var applicationName: String? {
            get { options.values["application_name"] }
            set { options.values["application_name"] = newValue }
        }

        /// What libpq gets, for each host in turn: the caller's options, and defaults where the caller said nothing.
        var targets: [ConnectionOptions] {
            var options = ConnectionOptions(values: defaultedOptions)
            for keyword in ["host", "hostaddr", "port", "target_session_attrs"] {
                options.values[keyword] = completed.values[keyword]
            }
            return ConnectionTargets(options).attempts.map { $0.verified(knowing: completed) ?? $0 }
        }

        private var defaultedOptions: [String: String] {
            var options = options
            options.values["client_encoding"] = "UTF8"  // String is UTF-8
            let settings = [("lock_timeout", lockTimeout), ("statement_timeout", statementTimeout)].compactMap {
                (name, timeout) in timeout.map { "-c \(name)=\($0.wholeMilliseconds)" }
            }
            let given = completed.values["options"].map { [$0] } ?? []
            if !settings.isEmpty {
                options.values["options"] = (settings + given).joined(separator: " ")  // what the caller gave wins
            }
            // A dead peer is noticed after seconds, not after the kernel's quarter of an hour.
            let keepalives = [
                "keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3",
                "tcp_user_timeout": "10000",
            ]
            for (name, value) in keepalives where completed.values[name] == nil { options.values[name] = value }
            return options.values
        }
    }
}

extension Duration {
    /// As PostgreSQL's time-outs count. Rounded up, because 0 is "no limit" to it; cut to the most that it takes, 24 days.
    package var wholeMilliseconds: Int64 {
        let most = Int64(Int32.max)
        if self >= .milliseconds(most) { return most }
        if self <= .milliseconds(-most) { return -most }
        let (seconds, attoseconds) = components
        let unit: Int64 = 1_000_000_000_000_000
        return seconds * 1000 + (attoseconds + unit - 1) / unit
    }
}
