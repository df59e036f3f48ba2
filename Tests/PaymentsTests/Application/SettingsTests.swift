import Idempotency
import Logging
import Testing

@testable import Payments

@Suite("Settings")
struct SettingsTests {
    private func settings(_ environment: [String: String], host: String? = nil, port: Int? = nil) throws
        -> ServerSettings
    {
        try ServerSettings(Settings.reader(host: host, port: port, environment: environment))
    }

    @Test("Without any, the service listens on 127.0.0.1:8080 and knows the two demo tenants")
    func defaults() throws {
        let settings = try settings([:])
        #expect(settings.host == "127.0.0.1")
        #expect(settings.port == 8080)
        #expect(!settings.hasBaseline)
        #expect(settings.logging.level == .info)
        #expect(settings.protection.retention == .hours(24))
        #expect(settings.protection.keySyntax == .lenient)
        guard case .tokens(let tokens) = settings.authentication else { throw SettingsError("no tokens") }
        #expect(tokens.tenant(of: "acme-token") == Tenant(name: "acme"))
        #expect(tokens.tenant(of: "globex-token") == Tenant(name: "globex"))
        #expect(tokens.tenant(of: "") == nil)
        let database = try DatabaseSettings(Settings.reader(environment: [:]))
        #expect(database.url == nil)
        #expect(database.connections == 16)
    }

    @Test("Flags win over variables, and empty variables count as unset")
    func flags() throws {
        let settings = try settings(["HOST": "0.0.0.0", "PORT": "1", "LOG_LEVEL": ""], host: "::1", port: 0)
        #expect(settings.host == "::1")
        #expect(settings.port == 0)
    }

    @Test("A real database without tokens is refused unless authentication is switched off")
    func tokens() throws {
        let url = ["DATABASE_URL": "postgresql://localhost/x"]
        #expect(throws: SettingsError.self) { try settings(url) }
        guard case .off = try settings(url.merging(["PAYMENTS_AUTH": "off"]) { $1 }).authentication else {
            throw SettingsError("not off")
        }
        guard case .tokens = try settings(url.merging(["PAYMENTS_API_TOKENS": "a:b"]) { $1 }).authentication else {
            throw SettingsError("no tokens")
        }
    }

    @Test(
        "What cannot be used is refused by name, and no token is quoted",
        arguments: [
            ("PORT", "65536"), ("PORT", "-1"), ("PORT", "http"), ("POOL", "0"), ("LOG_LEVEL", "loud"),
            ("PAYMENTS_BASELINE", "yes"), ("PAYMENTS_RETENTION", "0s"), ("PAYMENTS_RETENTION", "24"),
            ("PAYMENTS_RETENTION", "-5s"), ("PAYMENTS_RETENTION", "1.5h"), ("PAYMENTS_RETENTION", "3651d"),
            ("PAYMENTS_RETENTION", "h"), ("PAYMENTS_RETENTION", "9223372036854775807d"),
            ("PAYMENTS_KEY_SYNTAX", "Loose"), ("PAYMENTS_AUTH", "maybe"), ("PAYMENTS_API_TOKENS", "hush"),
            ("PAYMENTS_API_TOKENS", "acme:"), ("PAYMENTS_API_TOKENS", ":hush"),
            ("PAYMENTS_API_TOKENS", "a:hush,b:hush"),
            ("PAYMENTS_API_TOKENS", "a:hush,"),
        ])
    func refused(name: String, value: String) throws {
        let error = #expect(throws: SettingsError.self) {
            _ = try settings([name: value])
            _ = try DatabaseSettings(Settings.reader(environment: [name: value]))
        }
        #expect(error?.message.contains(name) == true)
        #expect(error?.message.contains("hush") == false)
    }

    @Test("A value that cannot be used is quoted, unless it is secret")
    func quoted() {
        let error = #expect(throws: SettingsError.self) { try settings(["PAYMENTS_RETENTION": "soon"]) }
        #expect(
            error?.message
                == "PAYMENTS_RETENTION must be a whole number with s, m, h or d, from 1s to 3650d, but is \"soon\"")
        let syntax = #expect(throws: SettingsError.self) { try settings(["PAYMENTS_KEY_SYNTAX": "Loose"]) }
        #expect(syntax?.message == "PAYMENTS_KEY_SYNTAX must be lenient or strict, but is \"Loose\"")
    }

    @Test(
        "A retention is a number with its unit",
        arguments: [("5s", 5), ("15m", 900), ("24h", 86_400), ("7d", 604_800), ("3650d", 315_360_000)])
    func retention(text: String, seconds: Int) throws {
        #expect(try settings(["PAYMENTS_RETENTION": text]).protection.retention == .seconds(seconds))
    }

    @Test("The policy can be used with every retention, and has its usual deadlines from two minutes on")
    func policy() throws {
        for seconds in Array(1...200) + [86_400, 315_360_000] {
            let policy = try settings(["PAYMENTS_RETENTION": "\(seconds)s"]).protection.policy
            try policy.validate()
            #expect((policy.handlerDeadline == IdempotencyPolicy().handlerDeadline) == (seconds >= 120))
            #expect(policy.waitBudget > .zero)
        }
        let strict = try settings(["PAYMENTS_KEY_SYNTAX": "Strict"]).protection.policy
        #expect(strict.keySyntax == .strict)
    }

    @Test("A tenant may have two tokens, and a token may contain a colon")
    func twoTokens() throws {
        let tokens = try APITokens(parsing: "acme:one,acme:two:three, globex:four")
        #expect(tokens.tenant(of: "one") == Tenant(name: "acme"))
        #expect(tokens.tenant(of: "two:three") == Tenant(name: "acme"))
        #expect(tokens.tenant(of: "four") == Tenant(name: "globex"))
        #expect(tokens.tenant(of: "two") == nil)
    }

    @Test("What surrounds a token is no part of it: the line end of a file, blanks; the separators are bytes")
    func trimmedTokens() throws {
        let tokens = try APITokens(parsing: " acme : one ,\tglobex:two\r\n")
        #expect(tokens.tenant(of: "one") == Tenant(name: "acme"))
        #expect(tokens.tenant(of: "two") == Tenant(name: "globex"))
        #expect(try APITokens(parsing: "acme:one,\u{301}:two").tenant(of: "one") == Tenant(name: "acme"))
        #expect(throws: SettingsError.self) { try APITokens(parsing: "acme: \n") }
    }
}
