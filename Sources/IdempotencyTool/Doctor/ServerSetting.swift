/// One setting, as `pg_settings` shows it to the connected role.
struct ServerSetting: Sendable, Hashable {
    let name: String
    let value: String
    /// The unit of a number that has none of its own, such as `ms`; nil where there is none.
    var unit: String?
    /// Where the value was given: PostgreSQL's word, such as `default`, `configuration file`, `user` (the role) or `client` (the
    /// connection). Source: PostgreSQL, "pg_settings".
    var source = "default"

    var isOn: Bool { value == "on" }

    /// The value as people write it.
    var text: String {
        guard let unit, value != "0" else { return value }
        return value + " " + unit
    }

    /// The value as a length of time; nil when it is none. A number without any unit counts milliseconds, as for every time-out
    /// of PostgreSQL.
    var duration: Duration? {
        let number = value.prefix { $0.isNumber || $0 == "." }
        let suffix = value.dropFirst(number.count).trimmingPrefix(while: \.isWhitespace)
        guard let amount = Double(number), let seconds = Self.seconds[suffix.isEmpty ? unit ?? "ms" : String(suffix)]
        else { return nil }
        return .seconds(amount * seconds)
    }

    /// Source: PostgreSQL, "Parameter Names and Values".
    private static let seconds: [String: Double] = [
        "us": 0.000_001, "ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86_400,
    ]
}
