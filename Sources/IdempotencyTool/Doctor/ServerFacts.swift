/// What there is to know about a server before it can be judged.
struct ServerFacts: Sendable {
    /// By name. A setting that this server does not have is missing.
    var settings: [String: ServerSetting]
    /// Who connects: settings are given to the role of the session.
    var role: String
    var database: String
    /// As people write it: `15.4`.
    var version: String
    /// As in `server_version_num`: 150004 is 15.4.
    var versionNumber: Int
    var isStandby: Bool
    var usesUnixSocket: Bool
    var migrations: Migrations

    /// How the schema agrees with this tool's migrations.
    enum Migrations: Sendable, Hashable {
        /// `pending` are the names of those to be applied; `differing` are sentences about those that are not as they were
        /// applied.
        case known(pending: [String], differing: [String])
        /// The role may not read the migrations' records.
        case hidden
    }
}
