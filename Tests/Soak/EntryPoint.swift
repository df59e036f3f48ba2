import Foundation
import UnixSignals

/// `make soak`: the payments service under faults, with clients that retry, and a checker of what came of it.
///
/// Exit code 0 without a violation, 1 with one, 2 when the run itself failed, 130 when it was interrupted.
@main
enum EntryPoint {
    static func main() async {
        exit(await run())
    }

    private static func run() async -> Int32 {
        let settings: SoakSettings
        do {
            settings = try SoakSettings(ProcessInfo.processInfo.environment)
        } catch {
            return fail(error)
        }
        SoakReport.progress(
            "SEED=\(settings.seed) CLIENTS=\(settings.lanes), faults for \(settings.duration.components.seconds) s")
        let run = Task { try await SoakRun.run(settings) }
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let interruption = Task {
            for await _ in signals { run.cancel() }
        }
        defer { interruption.cancel() }
        do {
            let result = try await run.value
            SoakReport.progress(SoakReport.text(result))
            return result.violations.isEmpty ? 0 : 1
        } catch {
            return run.isCancelled ? 130 : fail(error)
        }
    }

    private static func fail(_ error: any Error) -> Int32 {
        FileHandle.standardError.write(Data("soak: \(error)\n".utf8))
        return 2
    }
}
