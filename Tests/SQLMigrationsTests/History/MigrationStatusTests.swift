import Foundation
import Testing

@testable import SQLMigrations

@Suite("A set and the records of a database, side by side")
struct MigrationStatusTests {
    static let set: MigrationSet? = try? MigrationSet(
        name: "sample",
        files: Dictionary(
            uniqueKeysWithValues: ["0001_a", "0002_b", "0003_c"].flatMap {
                [("\($0).up.sql", "SELECT '\($0)'"), ("\($0).down.sql", "SELECT 1")]
            }
        )
    )

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Names, `!` at the end for another checksum than the file's.
        let recorded: [String]
        let states: [MigrationStatus.State]
        var problem: String?
    }

    static let table: [Row] = [
        Row(testDescription: "nothing recorded", recorded: [], states: [.pending, .pending, .pending]),
        Row(testDescription: "the first recorded", recorded: ["0001_a"], states: [.applied, .pending, .pending]),
        Row(
            testDescription: "all recorded", recorded: ["0001_a", "0002_b", "0003_c"],
            states: [.applied, .applied, .applied]),
        Row(
            testDescription: "a changed file", recorded: ["0001_a!", "0002_b"], states: [.changed, .applied, .pending],
            problem: "0001_a.up.sql was changed after it was applied"),
        Row(
            testDescription: "another name", recorded: ["0001_a", "0002_x"], states: [.applied, .changed, .pending],
            problem: "number 2 was 0002_x.up.sql"),
        Row(
            testDescription: "a missing file", recorded: ["0001_a", "0002_b", "0003_c", "0004_d"],
            states: [.applied, .applied, .applied, .missing], problem: "0004_d.up.sql is missing"),
        Row(
            testDescription: "one left out", recorded: ["0001_a", "0003_c"], states: [.applied, .outOfOrder, .applied],
            problem: "0002_b.up.sql is not applied, although number 3 is"),
    ]

    @Test("tell the state of each migration", arguments: table)
    func status(row: Row) throws {
        let set = try #require(Self.set)
        let records = row.recorded.map { name in
            let plain = name.replacing("!", with: "")
            let checksum = set.migrations.first { $0.name == plain }?.checksum ?? "0"
            return MigrationRecord(
                version: Int(plain.prefix(4)) ?? 0, name: plain, checksum: plain == name ? checksum : "0",
                appliedAt: Date(timeIntervalSince1970: 0))
        }
        let status = set.status(against: records)
        #expect(status.map(\.state) == row.states)
        #expect(status.map { $0.appliedAt != nil } == row.states.map { $0 != .pending && $0 != .outOfOrder })
        let problems = status.compactMap(\.problem)
        #expect(problems.count == (row.problem == nil ? 0 : 1))
        #expect(problems.first?.contains(row.problem ?? "") ?? true)
    }
}
