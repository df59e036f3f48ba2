import Synchronization

/// A point that tasks wait at until the test opens it, once and for all.
final class Gate: Sendable {
    struct NotOpened: Error {}

    private let state = Mutex((isOpen: false, waiters: [AsyncStream<Never>.Continuation]()))

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func open() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        for waiter in waiters { waiter.finish() }
    }

    /// Waits until somebody opens the gate.
    ///
    /// - Throws: ``NotOpened`` at the deadline, `CancellationError` when the task is cancelled.
    func pass(
        deadline: Duration = .seconds(20), isolation: isolated (any Actor)? = #isolation
    ) async throws {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        let mustWait = state.withLock { state in
            if !state.isOpen { state.waiters.append(continuation) }
            return !state.isOpen
        }
        guard mustWait else { return }
        let timer = Task {
            try await Task.sleep(for: deadline)
            continuation.finish()
        }
        defer { timer.cancel() }
        for await _ in stream {}
        if isOpen { return }
        try Task.checkCancellation()
        throw NotOpened()
    }
}
