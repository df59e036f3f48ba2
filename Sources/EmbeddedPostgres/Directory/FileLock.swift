#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// An advisory lock on a file. The kernel lets go of it when the process ends, whatever the reason.
final class FileLock: Sendable {
    private let descriptor: OwnedDescriptor

    /// Opens the file, creating it when missing, and locks nothing yet.
    init(path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw EmbeddedPostgresError(.directoryUnusable, "cannot open \(path)", underlying: SystemError.last)
        }
        self.descriptor = OwnedDescriptor(descriptor)
    }

    /// One holder, or any number who share. Does not wait.
    /// - Returns: `false` when somebody else's lock forbids it.
    func tryLock(exclusive: Bool) -> Bool {
        flock(descriptor.number, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0
    }

    /// Waits for the lock without blocking a thread.
    func lock(exclusive: Bool, within patience: Duration) async throws {
        let deadline = ContinuousClock.now + patience
        while !tryLock(exclusive: exclusive) {
            guard ContinuousClock.now < deadline else {
                throw EmbeddedPostgresError(
                    .directoryUnusable, "another process has been starting or stopping the same server for \(patience)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func release() {
        descriptor.close()
    }
}
