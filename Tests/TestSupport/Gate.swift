import Synchronization

/// A point that tasks wait at until the test opens it, once and for all.
public final class Gate: Sendable {
    /// Nobody opened the gate in time.
    public struct NotOpened: Error {}

    private let state = Mutex((isOpen: false, waiters: [AsyncStream<Never>.Continuation]()))

    /// Closed at first.
    public init() {}

    /// Whether somebody has opened it.
    public var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Lets everybody pass, from now on.
    public func open() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        for waiter in waiters { waiter.finish() }
    }

    /// Waits until somebody opens the gate.
    ///
    /// - Throws: ``NotOpened`` at the deadline, `CancellationError` when the task is cancelled.
    public func pass(
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
