internal import DequeModule
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A thread that connections live on: executor of their actors, home of the preferred executor of bodies that run on them, and
/// the place where their sockets are waited for.
///
/// One loop does all three: run the jobs that are ready, then sleep until a socket or the wake-up pipe is ready. A
/// statement inside a transaction therefore costs no thread hop, and what several connections wait for costs one sleep. There are as many
/// threads as ``ConnectionThreads`` says, and they never end. docs/adr/0002 has the alternatives and their figures.
///
/// `@unchecked Sendable`: `inbox` is guarded by its mutex; everything in the section "only on the thread" is touched by the
/// loop and by code that runs as one of its jobs.
final class ConnectionThread: SerialExecutor, @unchecked Sendable {
    /// The thread as the executor of code that is not an actor's.
    ///
    /// Apart from the thread itself, because the runtime compares: were both one executor, code of no actor would run as if it
    /// were the actor's, and would be enqueued anew with each asynchronous call and each return.
    ///
    /// `@unchecked Sendable`: `thread` is set once, before anybody else sees this object. Neither ever ends.
    final class BodyExecutor: TaskExecutor, @unchecked Sendable {
        fileprivate(set) unowned var thread: ConnectionThread?

        func enqueue(_ job: consuming ExecutorJob) {
            thread?.enqueue(Job(job: UnownedJob(job), isIsolated: false))
        }
    }

    /// A job, and whether it is an actor's.
    private struct Job {
        let job: UnownedJob
        let isIsolated: Bool
    }

    private struct Inbox {
        var jobs: Deque<Job> = []
        var threadSleeps = false
        var interruptRequested = false

        /// Whether the thread must be woken for what was just put in; true once a sleep.
        mutating func needsWakeUp() -> Bool {
            defer { threadSleeps = false }
            return threadSleeps
        }
    }

    /// The preferred executor of bodies that run on a connection.
    let bodies: BodyExecutor

    private let inbox = Guarded(Inbox())
    private let wakeUp: WakeUp
    private let threadID = Atomic<UInt>(0)

    // Only on the thread:
    private var ready: Deque<Job> = []
    private var isResuming = false
    private var poller: SystemPoller
    /// By place; the first is the wake-up pipe's.
    private var waiters: [SocketWaiter?] = [nil]
    private var freePlaces: [Int] = []

    private static let wakeUpPlace = 0

    /// Starts the thread.
    ///
    /// - Throws: `connectionFailed` when the process has no thread or file descriptor left.
    init() throws(PostgresError) {
        wakeUp = try WakeUp()
        poller = try SystemPoller()
        guard poller.watch(wakeUp.readEnd, for: .readable, at: Self.wakeUpPlace) else {
            throw PostgresError(.connectionFailed, "the connection's thread cannot watch its pipe (errno \(errno))")
        }
        bodies = BodyExecutor()
        bodies.thread = self
        try SystemThread.start { [self] in run() }
    }

    // MARK: Executor

    func enqueue(_ job: consuming ExecutorJob) {
        enqueue(Job(job: UnownedJob(job), isIsolated: true))
    }

    private func enqueue(_ job: Job) {
        if isCurrent {
            ready.append(isResuming ? Job(job: job.job, isIsolated: true) : job)
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

    // MARK: Waiters

    /// Gives a waiter its place. On the thread.
    func add(_ waiter: SocketWaiter) -> Int {
        if let place = freePlaces.popLast() {
            waiters[place] = waiter
            return place
        }
        waiters.append(waiter)
        return waiters.count - 1
    }

    /// Takes a waiter's place away. On the thread.
    func remove(_ place: Int) {
        waiters[place] = nil
        freePlaces.append(place)
        poller.unwatch(place: place)
    }

    /// Says what the waiter at this place waits for; false when that cannot be watched. On the thread.
    func watch(_ descriptor: Int32, for interest: Readiness, at place: Int) -> Bool {
        poller.watch(descriptor, for: interest, at: place)
    }

    /// Ends the watch for the waiter at this place. On the thread.
    func unwatch(_ place: Int) { poller.unwatch(place: place) }

    /// Places that are somebody's; for tests. On the thread.
    var takenPlaces: Int { waiters.count - freePlaces.count - 1 }

    /// Ends a wait of an actor of this thread. On the thread.
    ///
    /// The runtime resumes continuations where code of no actor runs, from where they go on to their actor: one turn of the loop
    /// more, which is saved by letting the job begin there.
    func resume<T>(_ continuation: UnsafeContinuation<T, Never>, returning value: sending T) {
        isResuming = true
        defer { isResuming = false }
        continuation.resume(returning: value)
    }

    /// Lets the loop look which waiters are to be interrupted. From any thread.
    func lookForInterrupts() {
        let wake = inbox.withLock { inbox in
            inbox.interruptRequested = true
            return inbox.needsWakeUp()
        }
        if wake { wakeUp.signal() }
    }

    // MARK: The loop

    // A body that never suspends for longer than a yield must not keep the sockets from being looked at.
    private static let jobsBetweenSleeps = 64

    private func run() -> Never {
        threadID.store(Self.currentThreadID, ordering: .relaxed)
        while true {
            for _ in 0..<Self.jobsBetweenSleeps {
                guard let job = ready.popFirst() else { break }
                if job.isIsolated {
                    job.job.runSynchronously(
                        isolatedTo: asUnownedSerialExecutor(), taskExecutor: bodies.asUnownedTaskExecutor())
                } else {
                    job.job.runSynchronously(on: bodies.asUnownedTaskExecutor())
                }
            }
            let (maySleep, interrupts) = collectInbox()
            if interrupts { for waiter in waiters { waiter?.interruptIfRequested() } }
            sleep(mayBlock: maySleep)
        }
    }

    /// Moves jobs of other threads to `ready`; marks the thread as about to sleep when there is nothing at all to do.
    private func collectInbox() -> (maySleep: Bool, interrupts: Bool) {
        inbox.withLock { inbox in
            if ready.isEmpty {
                swap(&ready, &inbox.jobs)
            } else {
                ready.append(contentsOf: inbox.jobs)
                inbox.jobs.removeAll(keepingCapacity: true)
            }
            defer { inbox.interruptRequested = false }
            inbox.threadSleeps = ready.isEmpty && !inbox.interruptRequested
            return (inbox.threadSleeps, inbox.interruptRequested)
        }
    }

    private func sleep(mayBlock: Bool) {
        var deadline: MonotonicInstant?
        for waiter in waiters {
            if let other = waiter?.deadline { deadline = min(deadline ?? other, other) }
        }
        let count = poller.wait(milliseconds: mayBlock ? deadline.map(Self.milliseconds) ?? -1 : 0)
        for index in 0..<count {
            let event = poller.event(index)
            if event.place == Self.wakeUpPlace {
                wakeUp.drain()
            } else if let waiter = waiters[event.place], waiter.wantsEvents {
                waiter.end(event.readiness)
            } else {
                poller.unwatch(place: event.place)
            }
        }
        guard let deadline else { return }
        let now = MonotonicInstant.now
        if now < deadline { return }
        for waiter in waiters {
            if let waiter, let due = waiter.deadline, due <= now { waiter.end(.timedOut) }
        }
    }

    private static func milliseconds(until deadline: MonotonicInstant) -> Int32 {
        let (seconds, attoseconds) = (deadline - .now).components
        if seconds < 0 || attoseconds < 0 { return 0 }
        // Rounded up, so that the deadline has passed at the end of the sleep; capped, because that counts in 32 bits.
        return Int32(min(seconds, 86_400) * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
}
