import Configuration
import LibPQ

/// Which database, and how much of it.
struct DatabaseSettings: Sendable {
    /// `DATABASE_URL`; nil for an embedded PostgreSQL.
    let url: String?
    /// `POOL`: the most connections.
    let connections: Int

    /// Where the embedded PostgreSQL keeps its data, under the working directory.
    static let embeddedDirectory = ".payments"

    /// - Throws: ``SettingsError``.
    init(_ reader: ConfigReader) throws {
        url = reader.text("database.url", isSecret: true)
        // PostgreSQL itself allows 100 connections by default, the embedded one 200.
        connections = try reader.number("pool", named: "POOL", in: 1...1000, default: 16)
    }
}
