import ArgumentParser
import Idempotency

/// `idempotency keys show`.
struct KeysShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows what is stored under one key, or that it is in flight.",
        discussion: "Ends with 1 when nothing is known of the key: never used, undone, or purged.")

    @OptionGroup
    var selection: KeySelection

    @OptionGroup
    var database: DatabaseOptions

    @Flag(help: "Show the stored answer, too: header fields and body, with whatever personal data they hold.")
    var answer = false

    @Option(help: "table for people, json for scripts.")
    var format = OutputFormat.table

    func run() async throws {
        let id = try selection.keyID()
        let report = try await database.withKeys { keys -> KeyReport in
            // First, because a key that is being reclaimed has a row, too.
            switch try await keys.isInFlight(scope: selection.scope, id: id) {
            case true?: return KeyReport(inFlight: id, scope: selection.scope)
            case false?: break
            case nil:
                StandardError.write(
                    "idempotency: cannot find out whether the key is in flight, because the server is read-only or the role "
                        + "may not write")
            }
            guard let record = try await keys.record(scope: selection.scope, id: id) else {
                throw NothingStored(scope: selection.scope, id: id)
            }
            var report = KeyReport(record)
            if answer { report.answer = try await keys.answer(scope: selection.scope, id: id).map(AnswerReport.init) }
            return report
        }
        print(try report.text(in: format))
    }
}

/// Nothing is known of a key.
struct NothingStored: Error, CustomStringConvertible {
    let scope: String
    let id: KeyID

    var description: String {
        "nothing is stored under the key with the id \(id.uuid.text) of the scope '\(scope)': it was never used, was undone, or "
            + "is purged; or the service has a secret that --secret-file does not name"
    }
}
