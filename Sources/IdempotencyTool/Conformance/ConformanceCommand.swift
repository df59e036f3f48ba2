import ArgumentParser
import IdempotencyConformance

/// `idempotency conformance`.
struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Checks from outside whether any HTTP server honours Idempotency-Key as it should.",
        discussion: """
            Sends some hundred requests, as clients, proxies and networks do: retries, duplicates at the same moment, keys of \
            other spelling, other payloads, hang-ups. Needs no database, and nothing of the server but its URL. Run it against a \
            server for tests: each success has its effect.

                idempotency conformance --url http://127.0.0.1:8080 \\
                    --endpoint POST:/payments --header 'Authorization: Bearer t' \\
                    --body '{"amount": 1, "reference": "{unique}"}' \\
                    --probe 'GET:/payments?reference={unique}'

            {unique} stands for what makes each operation another one. A text that begins with @ is the name of a file that holds \
            it.

            A MUST that does not hold fails the run; a SHOULD is a warning, with --strict a failure; a MAY is a note. What needs \
            an option that was not given is not tested, and says which. docs/conformance.md lists all checks and the sources of \
            the profiles.

            Exit codes: 0 conforming, 1 could not be run, 2 wrong usage, 3 a check failed.
            """
    )

    @OptionGroup
    var target: TargetOptions

    @Option(help: "ietf, ietf-strict, stripe or acp: whose rules the server is held to.")
    var profile = Profile.ietf

    @Flag(help: "Let a SHOULD that does not hold fail the run, too.")
    var strict = false

    @Option(help: "table for people, json for scripts, junit for CI.")
    var format = ConformanceFormat.table

    // Without it, what follows `--header Authorization:` without quotation marks would be repeated as unexpected: a token.
    @Argument(help: .hidden)
    var stray: [String] = []

    func validate() throws {
        guard stray.isEmpty else {
            throw ValidationError(
                "Unexpected arguments. A value with spaces needs quotation marks: --header 'Name: value'.")
        }
    }

    func run() async throws {
        do {
            let suite = ConformanceSuite(try target.target(), profile: profile, strict: strict)
            let report = try await suite.run()
            print(try report.text(in: format))
            if report.failures > 0 { throw ExitStatus.found }
        } catch let error as ConformanceError where error.code == .settings {
            StandardError.write("Error: \(error)\n  See 'idempotency conformance --help' for more information.")
            throw ExitStatus.usage
        }
    }
}

extension Profile: ExpressibleByArgument {}
