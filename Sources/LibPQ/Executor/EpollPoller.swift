#if os(Linux)
internal import CEpoll

#if canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// `epoll`: a wait costs the same for many descriptors as for few, and nothing is said to the kernel as long as the same is watched.
///
/// The kernel watches the file behind a descriptor, and goes on with that after the descriptor is closed if another process has the file,
/// too: a child between fork and exec. Such an event is told by its generation. As the descriptor's number may be another file's by then,
/// the only way to end it is to begin anew.
struct EpollPoller: Poller, ~Copyable {
    private struct Watch {
        /// -1 for none. A number stands at one place only.
        var descriptor: Int32 = -1
        var interest: Readiness = []
        var generation: UInt32 = 0
    }

    private var epoll: Int32
    /// What the kernel has been told, by place.
    private var watches: [Watch] = []
    private var events = [epoll_event](repeating: epoll_event(), count: 64)
    private var ready: [PollerEvent] = []

    init() throws(PostgresError) {
        epoll = epoll_create1(CEPOLL_CLOEXEC)
        if epoll < 0 {
            throw PostgresError(
                .connectionFailed, "no file descriptor left for the connection's thread (errno \(errno))")
        }
    }

    deinit { close(epoll) }

    mutating func watch(_ descriptor: Int32, for interest: Readiness, at place: Int) -> Bool {
        while watches.count <= place { watches.append(Watch()) }
        if watches[place].descriptor == descriptor, watches[place].interest == interest { return true }
        unwatch(place: place)
        // Whoever had the number has not said yet that it is closed.
        if let other = watches.firstIndex(where: { $0.descriptor == descriptor }) { unwatch(place: other) }
        watches[place].descriptor = descriptor
        watches[place].interest = interest
        if add(place, to: epoll) { return true }
        forget(place)
        return false
    }

    mutating func unwatch(place: Int) {
        guard place < watches.count, watches[place].descriptor >= 0 else { return }
        _ = epoll_ctl(epoll, EPOLL_CTL_DEL, watches[place].descriptor, nil)
        forget(place)
    }

    mutating func wait(milliseconds: Int32) -> Int {
        ready.removeAll(keepingCapacity: true)
        let count = events.withUnsafeMutableBufferPointer {
            epoll_wait(epoll, $0.baseAddress, Int32($0.count), milliseconds)
        }
        var hasStaleEvents = false
        for index in 0..<Int(max(count, 0)) {  // -1 when a signal has interrupted it
            let event = events[index]
            let (place, generation) = (Int(event.data.u64 >> 32), UInt32(truncatingIfNeeded: event.data.u64))
            if watches[place].generation != generation {
                hasStaleEvents = true
                continue
            }
            var readiness: Readiness = []
            if event.events & ~CEPOLL_OUT != 0 { readiness.insert(.readable) }
            if event.events & CEPOLL_OUT != 0 { readiness.insert(.writable) }
            ready.append(PollerEvent(place: place, readiness: readiness))
        }
        if hasStaleEvents { replaceEpoll() }
        return ready.count
    }

    func event(_ index: Int) -> PollerEvent { ready[index] }

    /// Tells the kernel what is watched at a place.
    private func add(_ place: Int, to epoll: Int32) -> Bool {
        let watch = watches[place]
        var event = epoll_event()
        if watch.interest.contains(.readable) { event.events |= CEPOLL_IN }
        if watch.interest.contains(.writable) { event.events |= CEPOLL_OUT }
        event.data.u64 = UInt64(place) << 32 | UInt64(watch.generation)
        return epoll_ctl(epoll, EPOLL_CTL_ADD, watch.descriptor, &event) == 0
    }

    private mutating func forget(_ place: Int) {
        watches[place] = Watch(generation: watches[place].generation &+ 1)
    }

    /// Watches the same with another `epoll`. If the system has no room for that, the next wait tries again, at once.
    private mutating func replaceEpoll() {
        let new = epoll_create1(CEPOLL_CLOEXEC)
        if new < 0 { return }
        var closed: [Int] = []
        for place in watches.indices where watches[place].descriptor >= 0 && !add(place, to: new) {
            guard errno == EBADF else {
                close(new)
                return
            }
            closed.append(place)
        }
        close(epoll)
        epoll = new
        for place in closed {
            forget(place)
            ready.append(PollerEvent(place: place, readiness: .unwatchable))
        }
    }
}
#endif
