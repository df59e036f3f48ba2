/// What a server's facts mean for liveness and durability: facts in, findings out.
///
/// Not looked at, because nothing depends on them: `default_transaction_isolation` (every BEGIN names its level) and `lock_timeout`
/// (the claim brings its own).
struct Diagnosis {
    private let facts: ServerFacts

    init(_ facts: ServerFacts) { self.facts = facts }

    /// Problems first.
    var findings: [Finding] {
        let all = working + durability + liveness + upkeep
        return all.filter { $0.severity == .problem } + all.filter { $0.severity == .advice }
    }

    // MARK: Can it work at all?

    private var working: [Finding] {
        var findings: [Finding] = []
        if facts.isStandby {
            findings.append(
                Finding(
                    severity: .problem, setting: "pg_is_in_recovery", value: "true", expected: "false",
                    reason:
                        "This is a standby, which refuses every claim; what follows has to be mended on its primary.",
                    mend: ["-- Add target_session_attrs=read-write to the URL, or connect to the primary."]))
        }
        if let setting = facts.settings["default_transaction_read_only"], setting.isOn {
            var finding = ofRole(
                .problem, setting, expected: "off",
                "Transactions of this role are read-only unless they say otherwise, so every claim is refused.")
            // ALTER ROLE would be refused, too.
            finding.mend.insert("SET default_transaction_read_only = off;", at: 0)
            findings.append(finding)
        }
        if facts.versionNumber < 130_000 {
            findings.append(
                Finding(
                    severity: .problem, setting: "server_version", value: facts.version, expected: "13 or later",
                    reason: "The migrations use what PostgreSQL 13 brought."))
        } else if facts.versionNumber < 140_000 {
            findings.append(
                Finding(
                    severity: .advice, setting: "server_version", value: facts.version, expected: "14 or later",
                    reason:
                        "Without client_connection_check_interval a busy session does not notice that its client is gone."
                ))
        }
        return findings + migrations
    }

    private var migrations: [Finding] {
        switch facts.migrations {
        case .hidden:
            return [
                Finding(
                    severity: .advice, setting: "migrations", value: "unknown", expected: "applied",
                    reason: "This role may not read their records: check with the role that migrates.",
                    mend: ["-- idempotency migrate verify"])
            ]
        case .known(let pending, let differing):
            var findings: [Finding] = []
            if !pending.isEmpty {
                findings.append(
                    Finding(
                        severity: .problem, setting: "migrations", value: "pending: \(pending.joined(separator: ", "))",
                        expected: "applied", reason: "The engine cannot work before its schema is there.",
                        mend: ["-- idempotency migrate up"]))
            }
            if !differing.isEmpty {
                findings.append(
                    Finding(
                        severity: .advice, setting: "migrations", value: "differing", expected: "applied",
                        reason: differing.joined(separator: "; ") + ".", mend: ["-- idempotency migrate verify"]))
            }
            return findings
        }
    }

    // MARK: Is what was acknowledged kept?

    private var durability: [Finding] {
        var findings: [Finding] = []
        if let setting = facts.settings["fsync"], !setting.isOn {
            findings.append(
                ofServer(
                    .problem, setting, expected: "on",
                    "A crash of the machine can lose acknowledged commits and leave the whole database corrupt."))
        }
        if let setting = facts.settings["full_page_writes"], !setting.isOn {
            findings.append(
                ofServer(
                    .problem, setting, expected: "on",
                    "A page that was half written when the machine crashed cannot be restored, unless the file system prevents that."
                ))
        }
        let standbys = facts.settings["synchronous_standby_names"]
        let hasStandbys = standbys?.value.contains { !$0.isWhitespace } ?? false
        if let setting = facts.settings["synchronous_commit"] {
            switch setting.value {
            case "off":
                findings.append(
                    ofRole(
                        .problem, setting, expected: "on",
                        "COMMIT is acknowledged before it is on disk: a crash of the server loses the last ones."))
            case "local" where hasStandbys:
                findings.append(
                    ofRole(
                        .problem, setting, expected: "on",
                        "COMMIT does not wait for the synchronous standbys: a failover loses acknowledged commits."))
            case "remote_write" where hasStandbys:
                findings.append(
                    ofRole(
                        .advice, setting, expected: "on",
                        "A standby acknowledges before its disk has the commit, which both machines crashing would lose."
                    ))
            default: break
            }
        }
        if let standbys, !hasStandbys {
            findings.append(
                Finding(
                    severity: .advice, setting: standbys.name, value: "(empty)", source: standbys.source,
                    expected: "ANY 1 (*)",
                    reason:
                        "Acknowledged commits are on this server alone: losing it, or failing over, loses the last ones.",
                    // As a comment: without a standby that streams, every COMMIT would wait for ever.
                    mend: ["-- Once a standby streams:"]
                        + SettingChange.ofServer(standbys, to: "ANY 1 (*)").map {
                            $0.hasPrefix("--") ? $0 : "-- " + $0
                        }))
        }
        return findings
    }

    // MARK: Does a vanished client free its key?

    private var liveness: [Finding] {
        let noAnswer =
            facts.usesUnixSocket
            ? "Means nothing on this Unix socket, but over TCP an" : "An"
        return [
            timeLimit(
                "idle_in_transaction_session_timeout", .seconds(1)...(.seconds(60)), "10s", whenOff: .problem,
                "A client that vanishes within its transaction keeps its key in flight"),
            timeLimit(
                "tcp_user_timeout", .seconds(1)...(.seconds(60)), "5s", whenOff: .advice,
                "\(noAnswer) answer to a client that vanished is sent again for many minutes, which keeps its key in flight"
            ),
            timeLimit(
                "tcp_keepalives_idle", .seconds(1)...(.seconds(60)), "10s", whenOff: .advice,
                "A client of which only a part of a flush arrived is waited for until keepalives find it gone, by default after two hours"
            ),
            timeLimit(
                "client_connection_check_interval", .zero...(.seconds(60)), "1s", whenOff: .advice,
                "A busy session notices only at the end of its statement that its client is gone, and keeps the key until then"
            ),
        ].compactMap { $0 }
    }

    /// - Parameters:
    ///   - range: what is neither too short for work that is well nor too long for others to wait.
    ///   - reason: what happens when there is no limit, a sentence without its full stop.
    private func timeLimit(
        _ name: String, _ range: ClosedRange<Duration>, _ expected: String, whenOff: Finding.Severity, _ reason: String
    ) -> Finding? {
        guard let setting = facts.settings[name] else { return nil }
        switch setting.duration {
        case .some(.zero):
            return ofRole(whenOff, setting, expected: expected, reason + ".")
        case .some(let limit) where limit > range.upperBound:
            return ofRole(.advice, setting, expected: expected, reason + "; this limit is too long to help much.")
        case .some(let limit) where limit < range.lowerBound:
            return ofRole(
                .advice, setting, expected: expected,
                "So short a limit ends connections that are well; a number without a unit counts milliseconds.")
        case .some:
            return nil
        case .none:
            return ofRole(.advice, setting, expected: expected, "This value is no length of time that can be judged.")
        }
    }

    // MARK: Does the table stay small?

    private var upkeep: [Finding] {
        guard let setting = facts.settings["autovacuum"], !setting.isOn else { return [] }
        return [
            ofServer(
                .advice, setting, expected: "on",
                "Every request leaves a dead row behind, and nobody removes them: the table grows and slows down.")
        ]
    }

    // MARK: Findings about settings

    private func ofRole(
        _ severity: Finding.Severity, _ setting: ServerSetting, expected: String, _ reason: String
    ) -> Finding {
        Finding(
            severity: severity, setting: setting.name, value: setting.text, source: setting.source, expected: expected,
            reason: reason,
            mend: SettingChange.ofRole(facts.role, in: facts.database, setting, to: expected))
    }

    private func ofServer(
        _ severity: Finding.Severity, _ setting: ServerSetting, expected: String, _ reason: String
    ) -> Finding {
        Finding(
            severity: severity, setting: setting.name, value: setting.text, source: setting.source, expected: expected,
            reason: reason, mend: SettingChange.ofServer(setting, to: expected))
    }
}
