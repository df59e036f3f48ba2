import Configuration

/// What `payments serve` needs to know, beside the database.
struct ServerSettings: Sendable {
    /// `HOST`, `--host`: the address to listen on.
    let host: String
    /// `PORT`, `--port`: the port, 0 for a free one.
    let port: Int
    /// `PAYMENTS_API_TOKENS`, `PAYMENTS_AUTH`: who may ask.
    let authentication: AuthenticationSettings
    /// `PAYMENTS_RETENTION`, `PAYMENTS_KEY_SYNTAX`: the rules for keys.
    let protection: ProtectionSettings
    /// `PAYMENTS_BASELINE`: whether the unprotected endpoints for benchmarks are there.
    let hasBaseline: Bool
    /// `LOG_LEVEL`.
    let logging: LoggingSettings

    /// - Throws: ``SettingsError`` for the first setting that cannot be used.
    init(_ reader: ConfigReader) throws {
        host = reader.text("host") ?? "127.0.0.1"
        port = try reader.number("port", named: "PORT", in: 0...65_535, default: 8080)
        authentication = try AuthenticationSettings(reader)
        protection = try ProtectionSettings(reader)
        hasBaseline = try reader.number("payments.baseline", named: "PAYMENTS_BASELINE", in: 0...1, default: 0) == 1
        logging = try LoggingSettings(reader)
    }
}
