import LibPQ

/// The SQL that changes a setting, for psql. A line that begins with `--` is for the reader.
enum SettingChange {
    /// Takes the servers' new settings into use; none of those that are looked at needs a restart.
    static let reload = "SELECT pg_reload_conf();"

    /// For a setting that a role can have for itself; holds from its next connection on.
    static func ofRole(_ role: String, in database: String, _ setting: ServerSetting, to value: String) -> [String] {
        switch setting.source {
        case "client", "session":
            // What the connection says wins over anything that could be altered.
            return [
                "-- \(setting.name) is set by the connection: change the options of its URL, PGOPTIONS, or the pooler."
            ]
        case "database user":
            return [
                "ALTER ROLE \(identifier(role)) IN DATABASE \(identifier(database)) "
                    + "SET \(setting.name) = \(literal(value));"
            ]
        default:
            return ["ALTER ROLE \(identifier(role)) SET \(setting.name) = \(literal(value));"]
        }
    }

    /// For a setting that is the whole server's; takes a superuser.
    static func ofServer(_ setting: ServerSetting, to value: String) -> [String] {
        if setting.source == "command line" {
            return ["-- \(setting.name) is an argument of the server's command line: change it there, and restart."]
        }
        return ["ALTER SYSTEM SET \(setting.name) = \(literal(value));", reload]
    }

    static func identifier(_ name: String) -> String { name.quoted(with: "\"") }

    private static func literal(_ text: String) -> String { text.quoted(with: "'") }
}
