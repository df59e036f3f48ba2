import Configuration

/// Who may ask.
enum AuthenticationSettings: Sendable {
    /// Callers show a token.
    case tokens(APITokens)
    /// Everybody is tenant `demo`.
    case off

    /// The tokens of the embedded database, which is for trying things out on one machine.
    static let embeddedDefault = "acme:acme-token,globex:globex-token"

    /// - Throws: ``SettingsError`` when the settings contradict one another, or leave a real database open.
    init(_ reader: ConfigReader) throws {
        let tokens = reader.text("payments.api.tokens", isSecret: true)
        switch reader.text("payments.auth")?.lowercased() {
        case "off":
            guard tokens == nil else {
                throw SettingsError(
                    "PAYMENTS_AUTH=off and PAYMENTS_API_TOKENS contradict each other; unset one of them")
            }
            self = .off
        case nil, "on":
            if let tokens {
                self = .tokens(try APITokens(parsing: tokens))
            } else if reader.text("database.url", isSecret: true) == nil {
                self = .tokens(try APITokens(parsing: Self.embeddedDefault))
            } else {
                throw SettingsError(
                    "PAYMENTS_API_TOKENS is not set: name the callers (tenant:token,...), or set PAYMENTS_AUTH=off to let everybody in"
                )
            }
        case .some(let other):
            throw SettingsError("PAYMENTS_AUTH must be on or off, but is \"\(other)\"")
        }
    }
}
