import Foundation
import IdempotencyConformance
import Testing

@testable import ConformanceServers

@Suite("docs/conformance.md")
struct ConformancePageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    /// The rows of the table with this header, without the line under it.
    private func rows(under header: String) throws -> [String] {
        let page = try text("docs/conformance.md")
        let table = try #require(page.components(separatedBy: header + "\n").dropFirst().first)
        return table.components(separatedBy: "\n").dropFirst().prefix { $0.hasPrefix("|") }.map { String($0) }
    }

    @Test("lists every check with its levels and its source")
    func checks() throws {
        let rows = try rows(under: "| check | demand | ietf | ietf-strict | stripe | acp | source |")
        let expected = Check.all.map { check in
            let levels = Profile.allCases.map { check.levels[$0]?.rawValue ?? "" }
            return "| `\(check.id)` | \(check.demand) | \(levels.joined(separator: " | ")) | \(check.source) |"
        }
        #expect(rows.count == expected.count)
        for (row, expected) in zip(rows, expected) { #expect(row == expected) }
    }

    @Test("lists every wrong server and the checks that find it")
    func wrongServers() throws {
        let rows = try rows(under: "| server | what it does wrong | found by |")
        let expected = try WrongServer.all.map { wrong in
            let name = "\(type(of: wrong.server))"
            let source = try text("Tests/ConformanceServers/WrongServers/\(name).swift")
            let words = source.components(separatedBy: "\n").filter { $0.hasPrefix("/// ") }.map { $0.dropFirst(4) }
            let checks = wrong.faults.keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(name)` | \(words.joined(separator: " ")) | \(checks) |"
        }
        #expect(rows.count == expected.count)
        for (row, expected) in zip(rows, expected) { #expect(row == expected) }
    }

    @Test("names every profile")
    func profiles() throws {
        let rows = try rows(under: "| profile | source | version |")
        #expect(rows.count == Profile.allCases.count)
        for (row, profile) in zip(rows, Profile.allCases) { #expect(row.hasPrefix("| `\(profile.rawValue)` | ")) }
    }
}
