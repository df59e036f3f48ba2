internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// One connection's place in its thread's `poll`: suspends a job until the socket is ready, and watches the socket of a connection
/// that nobody uses.
///
/// `@unchecked Sendable`: everything in the section "only on the thread" is touched by the thread's loop and its jobs.
final class SocketWaiter: @unchecked Sendable {
    /// What ended a wait for the socket.
    struct Readiness: OptionSet, Sendable {
        let rawValue: Int
        static let readable = Readiness(rawValue: 1)
        static let writable = Readiness(rawValue: 2)
        /// ``SocketWaiter/interrupt()`` was called.
        static let interrupted = Readiness(rawValue: 4)
        /// None of these, before the deadline.
        static let timedOut: Readiness = []
    }

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
    var place: Int?

    init(_ thread: ConnectionThread) { self.thread = thread }

    /// Suspends a job of the connection's actor until the socket is ready or the deadline has passed; other jobs run meanwhile.
    ///
    /// Call on the thread, with no other wait under way.
    func wait(
        for socket: Int32, _ interest: Readiness, until deadline: MonotonicInstant?,
        isInterruptible: Bool = false
    ) async -> Readiness {
        await withUnsafeContinuation { continuation in
            if isInterruptible, isInterrupted.exchange(false, ordering: .acquiringAndReleasing) {
                return continuation.resume(returning: .interrupted)
            }
            if case .wait = watch { preconditionFailure("two waits on one connection") }
            begin(.wait(continuation, isInterruptible: isInterruptible), socket, interest)
            self.deadline = deadline
        }
    }

    /// Calls ``onIdleReadable`` on the thread, once, when the socket becomes readable while nobody waits for it: the server has
    /// something to say that nobody asked for (a shutdown, a notification).
    func watchIdle(_ socket: Int32) { begin(.idle, socket, .readable) }

    func endIdleWatch() {
        if case .idle = watch { stop() }
    }

    /// Takes the connection out of the thread's loop, unless a job still waits. On the thread.
    func leave() {
        if case .wait = watch { return }
        watch = .nothing
        thread.remove(self)
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

    private func begin(_ watch: Watch, _ socket: Int32, _ interest: Readiness) {
        self.watch = watch
        thread.watch(pollfd(fd: socket, events: interest.events, revents: 0), at: place ?? thread.add(self))
    }

    private func stop() {
        watch = .nothing
        deadline = nil
        if let place { thread.watch(.nothing, at: place) }
    }
}

extension SocketWaiter.Readiness {
    fileprivate var events: Int16 {
        (contains(.readable) ? Int16(POLLIN) : 0) | (contains(.writable) ? Int16(POLLOUT) : 0)
    }

    /// What `poll` found. An error or a hang-up counts as readable: reading is how libpq learns of it.
    init(revents: Int16) {
        self = []
        if Int32(revents) & (POLLIN | POLLERR | POLLHUP | POLLNVAL) != 0 { insert(.readable) }
        if Int32(revents) & POLLOUT != 0 { insert(.writable) }
    }
}
