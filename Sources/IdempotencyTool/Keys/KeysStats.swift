import ArgumentParser
import Idempotency

/// `idempotency keys stats`.
struct KeysStats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Counts the stored keys, and names the sessions that have claims under way.",
        discussion: "Reads the whole table.")

    @OptionGroup
    var database: DatabaseOptions

    @Option(help: "table for people, json for scripts.")
    var format = OutputFormat.table

    func run() async throws {
        let report = StatisticsReport(try await database.withKeys { try await $0.statistics() })
        print(try report.text(in: format))
    }
}

/// The statistics, in both formats.
struct StatisticsReport: Encodable {
    struct Kind: Encodable {
        let state: String
        /// `2xx` and so on; nil: without answer.
        let statuses: String?
        let keys: Int
        let bytes: Int
    }

    struct Seal: Encodable {
        let encryptionKey: String?
        let answers: Int
    }

    struct Claim: Encodable {
        let pid: Int
        let application: String?
        let state: String?
        let seconds: Double?
    }

    let keys: [Kind]
    let answers: [Seal]
    let claims: [Claim]
    let tableBytes: Int
    let indexBytes: Int
    let deadRows: Int

    init(_ statistics: KeyStatistics) {
        keys = statistics.kinds.map {
            Kind(state: $0.state.rawValue, statuses: $0.statusClass.map { "\($0)xx" }, keys: $0.keys, bytes: $0.size)
        }
        answers = statistics.seals.map { Seal(encryptionKey: $0.key, answers: $0.answers) }
        claims = statistics.claims.map {
            Claim(
                pid: $0.processID, application: $0.application, state: $0.state,
                seconds: $0.age.map { $0 / .seconds(1) })
        }
        tableBytes = statistics.tableSize
        indexBytes = statistics.indexSize
        deadRows = statistics.deadRows
    }

    func text(in format: OutputFormat) throws -> String {
        if format == .json { return try json() }
        var kinds = Table(header: ["STATE", "STATUS", "KEYS", "BYTES"])
        kinds.rows = keys.map { [$0.state, $0.statuses ?? "", "\($0.keys)", "\($0.bytes)"] }
        var parts = [keys.isEmpty ? "There are no keys." : kinds.text]
        if answers.contains(where: { $0.encryptionKey != nil }) {
            var seals = Table(header: ["ENCRYPTION KEY", "ANSWERS"])
            seals.rows = answers.map { [$0.encryptionKey ?? "(not encrypted)", "\($0.answers)"] }
            parts.append(seals.text)
        }
        if !claims.isEmpty {
            var sessions = Table(header: ["CLAIM OF PID", "APPLICATION", "STATE", "SECONDS"])
            sessions.rows = claims.map {
                [
                    "\($0.pid)", $0.application ?? "", $0.state ?? "",
                    $0.seconds.map { "\(($0 * 10).rounded() / 10)" } ?? "",
                ]
            }
            parts.append(sessions.text)
        }
        parts.append("Table \(tableBytes) bytes, indexes \(indexBytes) bytes, about \(deadRows) dead rows.")
        return parts.joined(separator: "\n\n")
    }
}
