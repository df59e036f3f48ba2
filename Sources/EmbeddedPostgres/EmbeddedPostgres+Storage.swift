extension EmbeddedPostgres {
    /// Where an embedded server keeps its data, and for how long.
    public enum Storage: Sendable, Hashable {
        /// A fresh, empty server in a private directory under `/tmp`, gone when it is stopped or when the process that started it
        /// ends, however it ends. It trades durability for speed (`fsync=off`), but loses no acknowledged commit when it is killed.
        case temporary
        /// A server in `directory`, which is created when missing. The data stay when the server stops. When the process that
        /// started it is killed, the server goes on, and the next start with the same directory takes it over. Durable, as
        /// PostgreSQL is by default. A relative path is relative to the working directory.
        case kept(directory: String)
    }
}
