extension PostgresPool {
    /// How many connections, how long they live, and how long to wait for one.
    public struct Configuration: Sendable {
        /// How each connection is made.
        public var connection: PostgresConnection.Configuration
        /// The pool's name in metrics. Default `libpq`; give each pool of a process its own.
        public var name = "libpq"
        /// How many connections are kept open though nobody uses them, from the first use or ``PostgresPool/run()`` on.
        /// Default 0. More than that, if they are used.
        public var minimumConnections = 0
        /// The largest number of connections that are open at one time. Default 16. A transaction holds one from its first to
        /// its last statement; more connections than about twice the server's cores seldom do more work.
        public var maximumConnections = 16
        /// How long a caller waits for a connection before `poolExhausted`. Default 5 s. A call's own deadline, if it is earlier,
        /// ends the wait with `timedOut`. Both carry the last failure to connect, if there is one, as `underlying`.
        public var acquireTimeout: Duration = .seconds(5)
        /// How long a connection beyond the minimum may be idle before it is closed. Default 10 min.
        public var idleTimeout: Duration = .seconds(600)
        /// How old a connection becomes, at most; it is closed when it is not leased. Default 1 h. Each lives for a random 80 to
        /// 100 % of this, so that not all of them end at once. Lets load balancers and changed DNS names take effect.
        public var maximumLifetime: Duration = .seconds(3600)
        /// A connection that was idle for longer is asked for a sign of life before it is leased: one round trip. One that does not
        /// answer within 2 s is dropped, and the caller gets another. Default 30 s.
        public var validationInterval: Duration = .seconds(30)

        /// Takes a connection's configuration.
        public init(connection: PostgresConnection.Configuration) { self.connection = connection }

        /// Takes a URL or conninfo string; see ``PostgresConnection/Configuration/init(url:)``.
        public init(url: String) throws(PostgresError) {
            self.init(connection: try PostgresConnection.Configuration(url: url))
        }

        /// What is wrong with the numbers; nil when they make sense together.
        var problem: String? {
            if maximumConnections < 1 { return "maximumConnections must be at least 1" }
            if !(0...maximumConnections).contains(minimumConnections) {
                return "minimumConnections must be 0 to maximumConnections"
            }
            let durations = [
                ("acquireTimeout", acquireTimeout), ("idleTimeout", idleTimeout), ("maximumLifetime", maximumLifetime),
                ("validationInterval", validationInterval),
            ]
            return durations.first { $0.1 <= .zero }.map { "\($0.0) must be longer than zero" }
        }
    }
}
