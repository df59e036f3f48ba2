/// The settings that a server runs with, as the text of its `server.conf`.
///
/// A file instead of command-line options, so that `ALTER SYSTEM` and `pg_reload_conf()` work as usual.
struct ServerConfiguration: Sendable, Hashable {
    private(set) var settings: [String: String]

    /// The settings that decide how the server is reached, hence never the caller's.
    static let reserved: Set<String> = [
        "config_file", "data_directory", "external_pid_file", "hba_file", "ident_file", "listen_addresses", "port",
        "unix_socket_directories",
    ]

    /// - Parameter overrides: the caller's settings.
    /// - Throws: ``EmbeddedPostgresError/Code/invalidSetting``.
    init(storage: EmbeddedPostgres.Storage, overrides: [String: String]) throws {
        settings = [
            // Room for a few pools of 16 each, tests running side by side, and an operator.
            "max_connections": "200",
            "listen_addresses": "127.0.0.1",
            "password_encryption": "scram-sha-256",
            "lc_messages": "C",
            "timezone": "UTC",
            "log_timezone": "UTC",
        ]
        if storage == .temporary {
            // Nobody will ever recover this server from a crash of the machine, so it need not write for that. Of its own crash
            // it must recover, with every acknowledged commit, or no fault test could be believed: hence synchronous_commit
            // stays on. Without fsync that costs one write into the page cache.
            settings["fsync"] = "off"
            settings["full_page_writes"] = "off"
        }
        for (name, value) in overrides {
            let name = name.lowercased()
            guard !name.isEmpty, name.utf8.allSatisfy({ Self.isNameCharacter($0) }), !value.contains(where: \.isNewline)
            else {
                throw EmbeddedPostgresError(.invalidSetting, "malformed setting `\(name)`")
            }
            guard !Self.reserved.contains(name) else {
                throw EmbeddedPostgresError(.invalidSetting, "the embedded server decides `\(name)` itself")
            }
            settings[name] = value
        }
    }

    /// The text without port and socket: equal texts mean that a running server can be taken over as it is.
    var text: String {
        Self.render(settings)
    }

    func text(port: Int, socketDirectory: String) -> String {
        // The value is a list, hence the inner quotes.
        Self.render(["port": String(port), "unix_socket_directories": "\"\(socketDirectory)\""]) + text
    }

    private static func render(_ settings: [String: String]) -> String {
        settings.sorted { $0.key < $1.key }.map { "\($0) = \(quoted($1))\n" }.joined()
    }

    private static func quoted(_ value: String) -> String {
        var result = String.UnicodeScalarView(["'"])
        for scalar in value.unicodeScalars {
            // Source: PostgreSQL documentation, "Setting Parameters": both are doubled.
            if scalar == "'" || scalar == "\\" { result.append(scalar) }
            result.append(scalar)
        }
        result.append("'")
        return String(result)
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
