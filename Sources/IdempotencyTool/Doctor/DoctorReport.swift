/// What the doctor has to say, in both formats.
struct DoctorReport: Encodable {
    let role: String
    let database: String
    let serverVersion: String
    let findings: [Finding]

    enum CodingKeys: String, CodingKey {
        case role, database, findings
        case serverVersion = "server_version"
    }

    init(_ facts: ServerFacts) {
        role = facts.role
        database = facts.database
        serverVersion = facts.version
        findings = Diagnosis(facts).findings
    }

    /// Whether the check has failed: advice alone must not stop a deployment.
    var hasProblems: Bool { findings.contains { $0.severity == .problem } }

    func text(in format: OutputFormat) throws -> String {
        switch format {
        case .json:
            return try json()
        case .table:
            let heading = "Role \(role), database \(database), PostgreSQL \(serverVersion)"
            guard !findings.isEmpty else {
                return heading + "\n\nNothing found: commits are kept, and a vanished client frees its key."
            }
            var table = Table(header: ["SEVERITY", "SETTING", "VALUE", "FROM", "EXPECTED"])
            table.rows = findings.map {
                [$0.severity.rawValue, $0.setting, $0.value, $0.source ?? "", $0.expected]
            }
            let reasons = findings.map { "\($0.setting): \($0.reason)" }.joined(separator: "\n")
            return [heading, table.text, reasons, mending].joined(separator: "\n\n")
        }
    }

    /// One reload for all changes of the server.
    private var mending: String {
        let lines = findings.flatMap(\.mend)
        let changes = lines.filter { $0 != SettingChange.reload }
        let reload = lines.count == changes.count ? [] : [SettingChange.reload]
        return (["To mend it, in psql; a role's settings hold from its next connection on:"] + changes + reload)
            .joined(separator: "\n")
    }
}
