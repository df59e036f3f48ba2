import ArgumentParser
import LibPQ

/// `idempotency doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks the server's settings for liveness and durability. Changes nothing.",
        discussion: """
            Connect as the service does, with its role and to its database: settings can differ for each, and are read as \
            that connection sees them. Behind a pooler they are those of the pooler's connection to the server; a role's \
            settings then hold from the pooler's next connection on, and the time-outs of TCP between server and pooler.

            Each finding says what can happen, and the SQL that mends it: ALTER ROLE where a role can have the setting for \
            itself, else ALTER SYSTEM, which takes a superuser; a managed server has parameters in its console instead.

            A problem is a setting by which acknowledged data can be lost, a key can stay in flight without bound, or no \
            request can work. Everything else is advice. Ends with 3 when there is a problem and with 0 when there is at \
            most advice, so that it can stop a deployment; --format json has both.
            """
    )

    @OptionGroup
    var database: DatabaseOptions

    @Option(help: "table for people, json for scripts.")
    var format = OutputFormat.table

    func run() async throws {
        // Without start-up options and prepared statements: poolers refuse them, and what they set would hide the role's own.
        let facts = try await database.withConnection(configure: { $0.adaptToTransactionPooling() }) { connection in
            try await ServerFacts.read(from: connection)
        }
        let report = DoctorReport(facts)
        print(try report.text(in: format))
        if report.hasProblems {
            throw ExitStatus.found
        }
    }
}
