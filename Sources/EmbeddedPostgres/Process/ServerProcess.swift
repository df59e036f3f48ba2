import Subprocess
import Synchronization

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A `postgres` that this process has launched. Reaps it when it ends, so that no zombie looks like a live server.
final class ServerProcess: Sendable {
    enum State: Sendable {
        case launching
        case running(Int32)
        case ended(String)
    }

    private final class Box: Sendable {
        let state = Mutex(State.launching)
    }

    private let box = Box()

    /// Where the process stands right now.
    var state: State { box.state.withLock { $0 } }

    /// Launches at once; what becomes of it shows in ``state``. Cancelling the caller does not end the server.
    init(postgres: String, dataDirectory: String, user: ServerUser?, log: FileDescriptor) {
        let box = box
        Task {
            do {
                let plain = (program: postgres, arguments: ["-D", dataDirectory])
                let command = try user?.command(plain.program, plain.arguments) ?? plain
                let result = try await Subprocess.run(
                    .path(FilePath(command.program)), arguments: Arguments(command.arguments),
                    environment: Tool.environment, workingDirectory: "/", platformOptions: Tool.options, input: .none,
                    output: .fileDescriptor(log, closeAfterSpawningProcess: true), error: .combinedWithOutput
                ) { execution in
                    box.state.withLock { $0 = .running(execution.processIdentifier.value) }
                }
                box.state.withLock { $0 = .ended("postgres ended: \(result.terminationStatus)") }
            } catch {
                box.state.withLock { $0 = .ended("postgres could not be run: \(error)") }
            }
        }
    }
}
