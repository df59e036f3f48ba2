#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// `poll`, which every system has. It looks at every descriptor each time.
struct PollPoller: Poller, ~Copyable {
    private var watches: [pollfd] = []
    private var ready: [PollerEvent] = []

    init() {}

    mutating func watch(_ descriptor: Int32, for interest: Readiness, at place: Int) -> Bool {
        while watches.count <= place { watches.append(.nothing) }
        var events: Int32 = 0
        if interest.contains(.readable) { events |= Int32(POLLIN) }
        if interest.contains(.writable) { events |= Int32(POLLOUT) }
        watches[place] = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return descriptor >= 0
    }

    mutating func unwatch(place: Int) {
        if place < watches.count { watches[place] = .nothing }
    }

    mutating func wait(milliseconds: Int32) -> Int {
        ready.removeAll(keepingCapacity: true)
        let count = watches.withUnsafeMutableBufferPointer { poll($0.baseAddress, nfds_t($0.count), milliseconds) }
        if count <= 0 { return 0 }
        for (place, watch) in watches.enumerated() where watch.revents != 0 {
            let found = Int32(watch.revents)
            var readiness: Readiness = []
            if found & ~Int32(POLLOUT) != 0 { readiness.insert(.readable) }
            if found & Int32(POLLOUT) != 0 { readiness.insert(.writable) }
            ready.append(PollerEvent(place: place, readiness: readiness))
        }
        return ready.count
    }

    func event(_ index: Int) -> PollerEvent { ready[index] }
}

extension pollfd {
    /// `poll` passes over negative descriptors.
    fileprivate static var nothing: pollfd { pollfd(fd: -1, events: 0, revents: 0) }
}
