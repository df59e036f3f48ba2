import Testing

@testable import IdempotencyTool

@Suite("Diagnosis")
struct DiagnosisTests {
    /// A server at which nothing is to be found.
    static let healthy = ServerFacts(
        settings: Dictionary(
            uniqueKeysWithValues: [
                ("autovacuum", "on", nil), ("client_connection_check_interval", "1000", "ms"),
                ("default_transaction_read_only", "off", nil), ("fsync", "on", nil), ("full_page_writes", "on", nil),
                ("idle_in_transaction_session_timeout", "10000", "ms"), ("synchronous_commit", "on", nil),
                ("synchronous_standby_names", "ANY 1 (*)", nil), ("tcp_keepalives_idle", "10", "s"),
                ("tcp_user_timeout", "5000", "ms"),
            ].map { (name: String, value: String, unit: String?) in
                (name, ServerSetting(name: name, value: value, unit: unit))
            }),
        role: "app", database: "shop", version: "17.2", versionNumber: 170_002, isStandby: false, usesUnixSocket: false,
        migrations: .known(pending: [], differing: []))

    /// What is said of the healthy server after this change.
    private func findings(_ change: (inout ServerFacts) -> Void = { _ in }) -> [Finding] {
        var facts = Self.healthy
        change(&facts)
        return Diagnosis(facts).findings
    }

    /// Each finding as its severity and setting.
    private func verdict(_ findings: [Finding]) -> [String] {
        findings.map { "\($0.severity) \($0.setting)" }
    }

    @Test("finds nothing at a server that keeps what it acknowledges and frees what was left")
    func healthy() {
        #expect(findings() == [])
    }

    @Test(
        "judges each setting by its value",
        arguments: [
            ("fsync", "off", .problem), ("full_page_writes", "off", .problem), ("autovacuum", "off", .advice),
            ("default_transaction_read_only", "on", .problem),
            ("synchronous_commit", "off", .problem), ("synchronous_commit", "local", .problem),
            ("synchronous_commit", "remote_write", .advice), ("synchronous_commit", "remote_apply", nil),
            ("synchronous_standby_names", "", .advice), ("synchronous_standby_names", " ", .advice),
            ("synchronous_standby_names", "FIRST 1 (a, b)", nil),
            ("idle_in_transaction_session_timeout", "0", .problem),
            ("idle_in_transaction_session_timeout", "10", .advice),
            ("idle_in_transaction_session_timeout", "999", .advice),
            ("idle_in_transaction_session_timeout", "1000", nil),
            ("idle_in_transaction_session_timeout", "60000", nil),
            ("idle_in_transaction_session_timeout", "60001", .advice),
            ("idle_in_transaction_session_timeout", "1min", nil),
            ("idle_in_transaction_session_timeout", "1d", .advice),
            ("idle_in_transaction_session_timeout", "0s", .problem),
            ("idle_in_transaction_session_timeout", "soon", .advice),
            ("tcp_user_timeout", "0", .advice), ("tcp_user_timeout", "5", .advice), ("tcp_user_timeout", "30s", nil),
            ("tcp_user_timeout", "900000", .advice), ("tcp_keepalives_idle", "0", .advice),
            ("tcp_keepalives_idle", "7200", .advice), ("tcp_keepalives_idle", "30", nil),
            ("client_connection_check_interval", "0", .advice), ("client_connection_check_interval", "100", nil),
            ("client_connection_check_interval", "2min", .advice),
            ("lock_timeout", "0", nil), ("default_transaction_isolation", "serializable", nil),
        ] as [(String, String, Finding.Severity?)]
    )
    func values(setting: String, value: String, severity: Finding.Severity?) {
        let found = findings {
            let unit = $0.settings[setting]?.unit
            $0.settings[setting] = ServerSetting(name: setting, value: value, unit: unit)
        }
        #expect(verdict(found) == severity.map { ["\($0) \(setting)"] } ?? [])
        #expect(found.allSatisfy { !$0.mend.isEmpty && $0.reason.hasSuffix(".") })
    }

    @Test("without standbys, waiting for the own disk is all that COMMIT can do", arguments: ["local", "remote_write"])
    func local(value: String) {
        let found = findings {
            $0.settings["synchronous_commit"]?.setValue(value)
            $0.settings["synchronous_standby_names"]?.setValue("")
        }
        #expect(verdict(found) == ["advice synchronous_standby_names"])
    }

    @Test("lets no statement make commits wait for a standby that may not be there")
    func standbyNames() {
        let mend = findings { $0.settings["synchronous_standby_names"]?.setValue("") }.flatMap(\.mend)
        #expect(mend.contains("-- ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)';"))
        #expect(mend.allSatisfy { $0.hasPrefix("-- ") })
    }

    @Test("says of a Unix socket that TCP's time-out means nothing there")
    func unixSocket() throws {
        func reason(_ usesUnixSocket: Bool) throws -> String {
            let found = findings {
                $0.settings["tcp_user_timeout"]?.setValue("0")
                $0.usesUnixSocket = usesUnixSocket
            }
            return try #require(found.first).reason
        }
        #expect(try reason(true).contains("Means nothing on this Unix socket"))
        #expect(try !reason(false).contains("Unix socket"))
    }

    @Test("makes room for ALTER ROLE where transactions are read-only")
    func readOnly() {
        #expect(
            findings { $0.settings["default_transaction_read_only"]?.setValue("on") }.flatMap(\.mend) == [
                "SET default_transaction_read_only = off;",
                #"ALTER ROLE "app" SET default_transaction_read_only = 'off';"#,
            ])
    }

    @Test("says nothing of settings that this server does not have")
    func absent() {
        #expect(findings { $0.settings = [:] } == [])
    }

    @Test(
        "wants a version that the migrations can be applied to",
        arguments: [
            (120_022, ["problem server_version"]), (130_000, ["advice server_version"]), (140_000, []), (180_001, []),
        ] as [(Int, [String])])
    func version(number: Int, expected: [String]) {
        #expect(verdict(findings { $0.versionNumber = number }) == expected)
    }

    @Test("tells a standby, where nothing can be claimed")
    func standby() {
        #expect(verdict(findings { $0.isStandby = true }) == ["problem pg_is_in_recovery"])
    }

    @Test("tells migrations that are pending from those that differ or cannot be seen")
    func migrations() {
        let found = findings { $0.migrations = .known(pending: ["0002_b"], differing: ["0001_a.up.sql was changed"]) }
        #expect(verdict(found) == ["problem migrations", "advice migrations"])
        #expect(found.map(\.value) == ["pending: 0002_b", "differing"])
        #expect(found.last?.reason == "0001_a.up.sql was changed.")
        #expect(verdict(findings { $0.migrations = .hidden }) == ["advice migrations"])
    }

    @Test("puts problems first")
    func order() {
        let found = findings {
            $0.migrations = .hidden
            $0.settings["fsync"]?.setValue("off")
            $0.settings["tcp_user_timeout"]?.setValue("0")
            $0.settings["idle_in_transaction_session_timeout"]?.setValue("0")
        }
        #expect(
            verdict(found) == [
                "problem fsync", "problem idle_in_transaction_session_timeout", "advice migrations",
                "advice tcp_user_timeout",
            ])
    }
}

extension ServerSetting {
    fileprivate mutating func setValue(_ value: String) {
        self = ServerSetting(name: name, value: value, unit: unit, source: source)
    }
}
