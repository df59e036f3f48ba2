import ArgumentParser

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The entry: runs the command and turns its end into one of the tool's four exit codes.
///
/// Not `@main` on the command itself: ArgumentParser would then exit with 64 on wrong usage, and print errors in its own form.
@main
enum EntryPoint {
    static func main() async {
        let status = await run(Array(CommandLine.arguments.dropFirst()))
        exit(status.rawValue)
    }

    /// Runs the tool with these arguments; writes to the standard streams.
    static func run(_ arguments: [String]) async -> ExitStatus {
        do {
            var command = try IdempotencyCommand.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .done
        } catch let status as ExitStatus {
            return status
        } catch {
            return report(error)
        }
    }

    private static func report(_ error: any Error) -> ExitStatus {
        let code = IdempotencyCommand.exitCode(for: error)
        if code.isSuccess {
            // Help and version are what the user asked for.
            print(IdempotencyCommand.fullMessage(for: error))
            return .done
        }
        if code == .validationFailure {
            StandardError.write(IdempotencyCommand.fullMessage(for: error))
            return .usage
        }
        StandardError.write("idempotency: \(error)")
        return .failed
    }
}
