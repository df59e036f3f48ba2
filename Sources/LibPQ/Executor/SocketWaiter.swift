internal import Synchronization

/// One connection's place in its thread's ``Poller``: suspends a job until the socket is ready, and watches the socket of a connection
/// that nobody uses.
///
/// `@unchecked Sendable`: everything in the section "only on the thread" is touched by the thread's loop and its jobs.
final class SocketWaiter: @unchecked Sendable {
    private enum Watch {
        case nothing
        case wait(UnsafeContinuation<Readiness, Never>, isInterruptible: Bool)
        case idle
    }

    private let thread: ConnectionThread
    private let isInterrupted = Atomic<Bool>(false)

    // Only on the thread:
    private var watch = Watch.nothing
    /// See ``watchIdle(_:)``. Set once, because the socket is watched anew after each statement.
    var onIdleReadable: @Sendable () -> Void = {}
    /// When the wait ends at the latest.
    private(set) var deadline: MonotonicInstant?
    /// The thread's, as long as it knows this waiter.
    private var place: Int?
    /// See ``leave()``.
    private var isLeaving = false

    init(_ thread: ConnectionThread) { self.thread = thread }

    /// Suspends a job of the connection's actor until the socket is ready or the deadline has passed; other jobs run meanwhile.
    ///
    /// Call on the thread, with no other wait under way.
    ///
    /// Call ``unwatch()`` before `descriptor` is closed, if this waiter is to be used after that. Returns ``Readiness/unwatchable`` at once
    /// when the thread cannot watch it, and ``Readiness/left`` after ``leave()``.
    func wait(
        for descriptor: Int32, _ interest: Readiness, until deadline: MonotonicInstant?,
        isInterruptible: Bool = false
    ) async -> Readiness {
        await withUnsafeContinuation { continuation in
            if isInterruptible, isInterrupted.exchange(false, ordering: .acquiringAndReleasing) {
                return continuation.resume(returning: .interrupted)
            }
            if isLeaving { return continuation.resume(returning: .left) }
            if case .wait = watch { preconditionFailure("two waits on one connection") }
            guard begin(.wait(continuation, isInterruptible: isInterruptible), descriptor, interest) else {
                return continuation.resume(returning: .unwatchable)
            }
            self.deadline = deadline
        }
    }

    /// Calls ``onIdleReadable`` on the thread, once, when the socket becomes readable while nobody waits for it: the server has
    /// something to say that nobody asked for (a shutdown, a notification).
    ///
    /// - Returns: whether the socket can be watched.
    func watchIdle(_ socket: Int32) -> Bool { begin(.idle, socket, .readable) }

    func endIdleWatch() {
        if case .idle = watch { stop() }
    }

    /// Ends the thread's watch of the descriptor, which is about to be closed. Not during a wait, which would not end.
    func unwatch() {
        if let place { thread.unwatch(place) }
    }

    /// Takes the connection out of the thread's loop, for good, and ends the wait that is under way: whoever waits still holds the socket,
    /// which is closed afterwards. On the thread.
    func leave() {
        isLeaving = true
        let watch = watch
        stop()
        if case .wait(let continuation, _) = watch { thread.resume(continuation, returning: .left) }
    }

    // MARK: From any thread

    /// Ends the wait for the socket that is under way, or else the next one, if it may be interrupted.
    func interrupt() {
        isInterrupted.store(true, ordering: .releasing)
        thread.lookForInterrupts()
    }

    /// Takes back an ``interrupt()`` that no wait has seen.
    func clearInterrupt() { isInterrupted.store(false, ordering: .releasing) }

    // MARK: For the thread's loop

    /// Whether somebody waits for the socket, or watches it while it is idle.
    var wantsEvents: Bool {
        if case .nothing = watch { false } else { true }
    }

    /// The socket is ready, or the deadline has passed.
    func end(_ readiness: Readiness) {
        let watch = watch
        stop()
        switch watch {
        case .nothing: break
        case .wait(let continuation, _): thread.resume(continuation, returning: readiness)
        case .idle: onIdleReadable()
        }
    }

    func interruptIfRequested() {
        guard case .wait(_, isInterruptible: true) = watch,
            isInterrupted.exchange(false, ordering: .acquiringAndReleasing)
        else { return }
        end(.interrupted)
    }

    private func begin(_ watch: Watch, _ descriptor: Int32, _ interest: Readiness) -> Bool {
        let place = place ?? thread.add(self)
        self.place = place
        self.watch = watch
        let isWatched = thread.watch(descriptor, for: interest, at: place)
        if !isWatched { stop() }
        return isWatched
    }

    /// The thread goes on watching the descriptor, for the next wait.
    private func stop() {
        watch = .nothing
        deadline = nil
        if isLeaving, let place {
            self.place = nil
            thread.remove(place)
        }
    }
}
