internal import DequeModule
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The thread that a connection lives on: executor of the ``PostgresConnection`` actor, home of the preferred executor of bodies that
/// run on the connection, and the place where its socket is waited for.
///
/// One loop does all three: run the jobs that are ready, then sleep in `poll` on the socket and the wake-up pipe. A statement
/// inside a transaction therefore costs no thread hop: its jobs are enqueued by the thread that will run them.
/// docs/adr/0002 has the alternatives and their figures.
///
/// `@unchecked Sendable`: `inbox` is guarded by its mutex; everything in the section "only on the thread" is touched by the
/// loop and by code that runs as one of its jobs.
final class ConnectionThread: SerialExecutor, @unchecked Sendable {
    /// The thread as the executor of code that is not the actor's.
    ///
    /// Apart from the thread itself, because the runtime compares: were both one executor, code of no actor would run as if it
    /// were the actor's, and would be enqueued anew with each asynchronous call and each return.
    ///
    /// `@unchecked Sendable`: `thread` is set once, before anybody else sees this object. It lives as long as the connection, and
    /// whoever prefers this executor holds the connection.
    final class BodyExecutor: TaskExecutor, @unchecked Sendable {
        fileprivate(set) unowned var thread: ConnectionThread?

        func enqueue(_ job: consuming ExecutorJob) {
            thread?.enqueue(Job(job: UnownedJob(job), isIsolated: false))
        }
    }

    /// What ended a wait for the socket.
    struct Readiness: OptionSet, Sendable {
        let rawValue: Int
        static let readable = Readiness(rawValue: 1)
        static let writable = Readiness(rawValue: 2)
        /// ``ConnectionThread/interrupt()`` was called.
        static let interrupted = Readiness(rawValue: 4)
        /// None of these, before the deadline.
        static let timedOut: Readiness = []
    }

    /// A job, and whether it is the actor's.
    private struct Job {
        let job: UnownedJob
        let isIsolated: Bool
    }

    private struct Inbox {
        var jobs: Deque<Job> = []
        var threadIsPolling = false
        var stopRequested = false
        var interruptRequested = false

        /// Whether the thread must be woken for what was just put in; true once a sleep.
        mutating func needsWakeUp() -> Bool {
            defer { threadIsPolling = false }
            return threadIsPolling
        }
    }

    private struct Wait {
        let socket: Int32
        let interest: Readiness
        let deadline: ContinuousClock.Instant?
        let isInterruptible: Bool
        let continuation: UnsafeContinuation<Readiness, Never>
    }

    /// The preferred executor of bodies that run on the connection.
    let bodies: BodyExecutor

    private let inbox = Guarded(Inbox())
    private let wakeUp: WakeUp
    private let threadID = Atomic<UInt>(0)

    // Only on the thread:
    private var ready: Deque<Job> = []
    private var wait: Wait?
    private var idleWatch: (socket: Int32, onReadable: @Sendable () -> Void)?

    /// Starts the thread. It runs until ``stop()``.
    ///
    /// - Throws: `connectionFailed` when the process has no thread or file descriptor left.
    init() throws(PostgresError) {
        wakeUp = try WakeUp()
        bodies = BodyExecutor()
        bodies.thread = self
        try SystemThread.start { [self] in run() }
    }

    /// Lets the thread end once everything that was enqueued has run.
    func stop() {
        let wake = inbox.withLock { inbox in
            inbox.stopRequested = true
            return inbox.needsWakeUp()
        }
        if wake { wakeUp.signal() }
    }

    /// Ends the wait for the socket that is under way, or else the next one, if it may be interrupted. From any thread.
    func interrupt() {
        let wake = inbox.withLock { inbox in
            inbox.interruptRequested = true
            return inbox.needsWakeUp()
        }
        if wake { wakeUp.signal() }
    }

    /// Takes back an ``interrupt()`` that no wait has seen.
    func clearInterrupt() { inbox.withLock { $0.interruptRequested = false } }

    // MARK: Executor

    func enqueue(_ job: consuming ExecutorJob) {
        enqueue(Job(job: UnownedJob(job), isIsolated: true))
    }

    private func enqueue(_ job: Job) {
        if isCurrent {
            ready.append(job)
            return
        }
        let wake = inbox.withLock { inbox in
            inbox.jobs.append(job)
            return inbox.needsWakeUp()
        }
        if wake { wakeUp.signal() }
    }

    func checkIsolated() {
        precondition(isCurrent, "called from outside the connection's thread")
    }

    private var isCurrent: Bool { threadID.load(ordering: .relaxed) == Self.currentThreadID }

    private static var currentThreadID: UInt {
        #if canImport(Darwin)
        UInt(bitPattern: pthread_self())
        #else
        UInt(pthread_self())
        #endif
    }

    // MARK: Waiting

    /// Suspends the calling job until the socket is ready or the deadline has passed; other jobs run meanwhile.
    ///
    /// Call on the thread, with no other wait under way. `nonsending` keeps it there.
    nonisolated(nonsending) func waitForSocket(
        _ socket: Int32, _ interest: Readiness, until deadline: ContinuousClock.Instant?, isInterruptible: Bool = false
    ) async -> Readiness {
        await withUnsafeContinuation { continuation in
            precondition(wait == nil, "two waits on one connection")
            wait = Wait(
                socket: socket, interest: interest, deadline: deadline, isInterruptible: isInterruptible,
                continuation: continuation)
        }
    }

    /// Calls `onReadable` on the thread, once, when the socket becomes readable while nobody waits for it: the server has
    /// something to say that nobody asked for (a shutdown, a notification).
    func watchIdleSocket(_ socket: Int32, onReadable: @escaping @Sendable () -> Void) {
        idleWatch = (socket, onReadable)
    }

    func endIdleWatch() { idleWatch = nil }

    // MARK: The loop

    // A body that never suspends for longer than a yield must not keep the socket from being looked at.
    private static let jobsBetweenPolls = 64

    private func run() {
        threadID.store(Self.currentThreadID, ordering: .relaxed)
        while true {
            for _ in 0..<Self.jobsBetweenPolls {
                guard let job = ready.popFirst() else { break }
                if job.isIsolated {
                    job.job.runSynchronously(
                        isolatedTo: asUnownedSerialExecutor(), taskExecutor: bodies.asUnownedTaskExecutor())
                } else {
                    job.job.runSynchronously(on: bodies.asUnownedTaskExecutor())
                }
            }
            let (mayStop, isInterrupted) = collectInbox()
            if isInterrupted, let wait {
                self.wait = nil
                wait.continuation.resume(returning: .interrupted)
            } else if !ready.isEmpty {
                if wait != nil { poll(mayBlock: false) }
            } else if mayStop && wait == nil {
                return
            } else {
                poll(mayBlock: true)
            }
        }
    }

    /// Moves jobs of other threads to `ready`; marks the thread as about to sleep when there is nothing at all to do.
    private func collectInbox() -> (mayStop: Bool, isInterrupted: Bool) {
        inbox.withLock { inbox in
            if ready.isEmpty {
                swap(&ready, &inbox.jobs)
            } else {
                ready.append(contentsOf: inbox.jobs)
                inbox.jobs.removeAll(keepingCapacity: true)
            }
            let isInterrupted = inbox.interruptRequested && wait?.isInterruptible == true
            if isInterrupted { inbox.interruptRequested = false }
            inbox.threadIsPolling = ready.isEmpty && !isInterrupted
            return (inbox.stopRequested, isInterrupted)
        }
    }

    private func poll(mayBlock: Bool) {
        var descriptors = (
            pollfd(fd: wakeUp.readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: -1, events: 0, revents: 0)  // poll skips negative descriptors
        )
        var timeout: Int32 = mayBlock ? -1 : 0
        if let wait {
            descriptors.1.fd = wait.socket
            if wait.interest.contains(.readable) { descriptors.1.events |= Int16(POLLIN) }
            if wait.interest.contains(.writable) { descriptors.1.events |= Int16(POLLOUT) }
            if mayBlock, let deadline = wait.deadline { timeout = Self.milliseconds(until: deadline) }
        } else if let idleWatch {
            descriptors.1.fd = idleWatch.socket
            descriptors.1.events = Int16(POLLIN)
        }

        let count = withUnsafeMutablePointer(to: &descriptors) { pointer in
            pointer.withMemoryRebound(to: pollfd.self, capacity: 2) { systemPoll($0, 2, timeout) }
        }
        if count > 0, descriptors.0.revents != 0 { wakeUp.drain() }

        // An error or a hang-up counts as readable: reading is how libpq learns of it.
        var readiness: Readiness = []
        let events = Int32(descriptors.1.revents)
        if count > 0, events & (POLLIN | POLLERR | POLLHUP | POLLNVAL) != 0 { readiness.insert(.readable) }
        if count > 0, events & POLLOUT != 0 { readiness.insert(.writable) }

        if let wait {
            let deadlinePassed = wait.deadline.map { $0 <= .now } ?? false
            if !readiness.isEmpty || deadlinePassed {
                self.wait = nil
                wait.continuation.resume(returning: readiness)
            }
        } else if let idleWatch, !readiness.isEmpty {
            self.idleWatch = nil
            idleWatch.onReadable()
        }
    }

    private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let (seconds, attoseconds) = (deadline - .now).components
        if seconds < 0 || attoseconds < 0 { return 0 }
        // Rounded up, so that the deadline has passed when poll returns; capped, because poll counts in 32 bits.
        return Int32(min(seconds, 86_400) * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
}

/// `poll` under a name that the method above does not hide.
private func systemPoll(_ descriptors: UnsafeMutablePointer<pollfd>, _ count: UInt, _ timeout: Int32) -> Int32 {
    poll(descriptors, nfds_t(count), timeout)
}
