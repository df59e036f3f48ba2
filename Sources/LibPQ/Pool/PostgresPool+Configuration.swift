extension PostgresPool {
    /// How many connections, and how long to wait for one.
    public struct Configuration: Sendable {
        /// How each connection is made.
        public var connection: PostgresConnection.Configuration
        /// The largest number of connections that are open at one time. Default 16. A transaction holds one from its first to
        /// its last statement; more connections than about twice the server's cores seldom do more work.
        public var maximumConnections = 16
        /// How long a caller waits for a connection before `poolExhausted`. Default 5 s.
        public var acquireTimeout: Duration = .seconds(5)

        /// Takes a connection's configuration.
        public init(connection: PostgresConnection.Configuration) { self.connection = connection }

        /// Takes a URL or conninfo string; see ``PostgresConnection/Configuration/init(url:)``.
        public init(url: String) throws(PostgresError) {
            self.init(connection: try PostgresConnection.Configuration(url: url))
        }
    }
}
