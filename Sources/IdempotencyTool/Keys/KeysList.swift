import ArgumentParser
import Idempotency

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `idempotency keys list`.
struct KeysList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists stored keys, from the one that expires last.")

    @OptionGroup
    var database: DatabaseOptions

    @Option(help: "Only keys of this scope.")
    var scope: String?

    @Option(help: "Only keys in this state: completed, expired or tombstone.")
    var state: KeyRecord.State?

    @Option(help: "Only answers with this HTTP status.")
    var status: Int?

    @Option(help: ArgumentHelp("How many at most.", valueName: "count"))
    var limit = 50

    @Option(help: "table for people, json for scripts.")
    var format = OutputFormat.table

    func validate() throws {
        guard 1...100_000 ~= limit else { throw ValidationError("--limit must be 1 to 100000.") }
    }

    func run() async throws {
        let keys = try await database.withKeys {
            try await $0.records(scope: scope, state: state, status: status, limit: limit)
        }.map(KeyReport.init)
        switch format {
        case .json:
            print(try ["keys": keys].json())
        case .table:
            guard !keys.isEmpty else { return print("There are no such keys.") }
            var table = Table(header: ["SCOPE", "ID", "STATE", "STATUS", "BYTES", "CLAIMED", "EXPIRES"])
            table.rows = keys.map { key in
                [
                    key.scope, key.id, key.state, key.status.map(String.init) ?? "", key.bytes.map(String.init) ?? "",
                    key.createdAt?.formatted(.iso8601) ?? "", key.expiresAt?.formatted(.iso8601) ?? "",
                ]
            }
            print(table.text)
        }
    }
}

extension KeyRecord.State: ExpressibleByArgument {}
