import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Runs a program to its end.
enum Tool {
    struct Result: Sendable {
        let succeeded: Bool
        /// Standard output and standard error, as they came.
        let output: String
    }

    /// Waits without blocking a thread.
    /// - Parameter user: the account to run as, `nil` for our own.
    static func run(_ program: String, _ arguments: [String], as user: ServerUser? = nil) async throws -> Result {
        let (program, arguments) = try user?.command(program, arguments) ?? (program, arguments)
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments), environment: environment,
            workingDirectory: "/", platformOptions: options, output: .string(limit: 1 << 20), error: .combinedWithOutput
        )
        return Result(succeeded: result.terminationStatus.isSuccess, output: result.standardOutput)
    }

    /// Ours, less what would redirect PostgreSQL's programs, and with messages in English.
    static var environment: Environment {
        .inherit.updating([
            "PGDATA": nil, "PGHOST": nil, "PGHOSTADDR": nil, "PGPORT": nil, "PGUSER": nil, "PGPASSWORD": nil,
            "PGDATABASE": nil, "PGOPTIONS": nil, "PGSERVICE": nil, "PGSSLMODE": nil, "LC_ALL": "C",
        ])
    }

    /// A session of its own: Ctrl-C in our terminal must not reach the server before its users have drained.
    static var options: PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        return options
    }
}
