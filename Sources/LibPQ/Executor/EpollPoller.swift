#if os(Linux) || os(Android)
internal import CEpoll

#if canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// `epoll`: a sleep costs the same for many descriptors as for few, and nothing is said to the kernel as long as the same is watched.
struct EpollPoller: Poller, ~Copyable {
    private struct Watch: Equatable {
        var descriptor: Int32 = -1
        var interest: Readiness = []
    }

    private let epoll: Int32
    /// What the kernel has been told, by place.
    private var watches: [Watch] = []
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

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
        let wanted = Watch(descriptor: descriptor, interest: interest)
        if watches[place] == wanted { return true }
        // A descriptor that was watched at another place, or here before `forget`, is known; one that was closed is not.
        let isKnown = watches[place].descriptor == descriptor
        let isWatched =
            control(isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, wanted, place)
            || control(isKnown ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, wanted, place)
        watches[place] = isWatched ? wanted : Watch()
        return isWatched
    }

    mutating func forget(place: Int) {
        if place < watches.count { watches[place] = Watch() }
    }

    mutating func sleep(milliseconds: Int32) -> Int {
        let count = events.withUnsafeMutableBufferPointer {
            epoll_wait(epoll, $0.baseAddress, Int32($0.count), milliseconds)
        }
        return Int(max(count, 0))  // a signal has interrupted it
    }

    func event(_ index: Int) -> PollerEvent {
        let (data, found) = (events[index].data.u64, events[index].events)
        var readiness: Readiness = []
        if found & ~CEPOLL_OUT != 0 { readiness.insert(.readable) }
        if found & CEPOLL_OUT != 0 { readiness.insert(.writable) }
        return PollerEvent(
            place: Int(data >> 32), descriptor: Int32(truncatingIfNeeded: data), readiness: readiness)
    }

    mutating func drop(_ event: PollerEvent) {
        _ = control(EPOLL_CTL_DEL, Watch(descriptor: event.descriptor), event.place)
        if watches[event.place].descriptor == event.descriptor { forget(place: event.place) }
    }

    private func control(_ operation: Int32, _ watch: Watch, _ place: Int) -> Bool {
        var event = epoll_event()
        if watch.interest.contains(.readable) { event.events |= CEPOLL_IN }
        if watch.interest.contains(.writable) { event.events |= CEPOLL_OUT }
        event.data.u64 = UInt64(place) << 32 | UInt64(UInt32(bitPattern: watch.descriptor))
        return epoll_ctl(epoll, operation, watch.descriptor, &event) == 0
    }
}
#endif
