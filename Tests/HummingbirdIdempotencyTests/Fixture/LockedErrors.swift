import Synchronization

/// A list of errors that any thread may add to.
final class LockedErrors: Sendable {
    private let errors = Mutex<[any Error]>([])

    var all: [any Error] { errors.withLock { $0 } }

    func add(_ error: any Error) {
        errors.withLock { $0.append(error) }
    }
}
