import Testing

@testable import IdempotencyTool

@Suite("The SQL that changes a setting")
struct SettingChangeTests {
    private func change(source: String, role: String = "app") -> [String] {
        SettingChange.ofRole(
            role, in: "shop", ServerSetting(name: "tcp_user_timeout", value: "0", unit: "ms", source: source), to: "5s")
    }

    @Test(
        "alters the role where that wins over the place where it was given",
        arguments: ["default", "configuration file", "command line", "global", "database", "user"])
    func role(source: String) {
        #expect(change(source: source) == [#"ALTER ROLE "app" SET tcp_user_timeout = '5s';"#])
    }

    @Test("alters the role in its database where it was given there")
    func roleInDatabase() {
        #expect(
            change(source: "database user")
                == [#"ALTER ROLE "app" IN DATABASE "shop" SET tcp_user_timeout = '5s';"#])
    }

    @Test("is no statement where the connection itself says it", arguments: ["client", "session"])
    func connection(source: String) {
        let lines = change(source: source)
        #expect(lines.count == 1)
        #expect(lines.allSatisfy { $0.hasPrefix("-- tcp_user_timeout is set by the connection") })
    }

    @Test("quotes every name, whatever is in it")
    func quoting() {
        #expect(
            change(source: "default", role: #"o"brien; --"#)
                == [#"ALTER ROLE "o""brien; --" SET tcp_user_timeout = '5s';"#])
        #expect(SettingChange.identifier("CURRENT_USER") == #""CURRENT_USER""#)
        // One Character for Swift, two for PostgreSQL.
        for name in ["\u{600}\"; ALTER ROLE eve SUPERUSER; --", "a\"\u{301}"] {
            #expect(SettingChange.identifier(name).unicodeScalars.count { $0 == "\"" } == 4)
        }
    }

    @Test("alters the system and reloads, unless the server's command line says it")
    func server() {
        var setting = ServerSetting(name: "fsync", value: "off", source: "configuration file")
        #expect(
            SettingChange.ofServer(setting, to: "on")
                == ["ALTER SYSTEM SET fsync = 'on';", "SELECT pg_reload_conf();"])
        setting.source = "command line"
        #expect(SettingChange.ofServer(setting, to: "on").allSatisfy { $0.hasPrefix("-- fsync is an argument") })
    }
}
