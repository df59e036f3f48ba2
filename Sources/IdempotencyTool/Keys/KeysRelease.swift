import ArgumentParser
import Idempotency

/// `idempotency keys release`.
struct KeysRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Removes one stored key, so that the next request with it is executed.",
        discussion: """
            What the first request did stays done: a retry that comes later does it again. For answers that must not be \
            repeated for the rest of their retention, such as a refusal by mistake.

            A key in flight needs no release. It is free as soon as its transaction ends, also by the death of its client; \
            keys stats names the session, which pg_terminate_backend ends.
            """)

    @OptionGroup
    var selection: KeySelection

    @OptionGroup
    var database: DatabaseOptions

    @Flag(help: "Yes, a retry may do again what the first request has done.")
    var yes = false

    @Option(help: "table for people, json for scripts.")
    var format = OutputFormat.table

    func validate() throws {
        guard yes else {
            throw ValidationError("A retry would do again what the first request has done: if so, add --yes.")
        }
    }

    func run() async throws {
        let id = try selection.keyID()
        let report = try await database.withKeys { keys -> KeyReport in
            if let record = try await keys.release(scope: selection.scope, id: id) { return KeyReport(record) }
            if try await keys.isInFlight(scope: selection.scope, id: id) == true { throw StillInFlight() }
            throw NothingStored(scope: selection.scope, id: id)
        }
        if format == .table { print("Released:") }
        print(try report.text(in: format))
    }
}

/// A key whose transaction has not ended.
struct StillInFlight: Error, CustomStringConvertible {
    var description: String {
        "the key is in flight, and free by itself when its transaction ends; keys stats names the session"
    }
}
