import Testing

@testable import LibPQ

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@Suite("A poller", .timeLimit(.minutes(1)))
struct PollerTests {
    #if os(Linux)
    @Test("of epoll: reports what is ready, under its place, until it is dropped")
    func epoll() throws {
        try reports(EpollPoller.self)
        try drops(EpollPoller.self)
        try reuses(EpollPoller.self)
    }
    #endif

    @Test("of poll: reports what is ready, under its place, until it is dropped")
    func poll() throws {
        try reports(PollPoller.self)
        try drops(PollPoller.self)
        try reuses(PollPoller.self)
    }

    private func reports<P: Poller & ~Copyable>(_: P.Type) throws {
        let poller = try Subject<P>()
        #expect(poller.found() == [])
        let (first, second) = try (SocketPair(), SocketPair())
        #expect(poller.watch(first.near, for: .readable, at: 3))
        #expect(poller.watch(second.near, for: .readable, at: 70))
        #expect(poller.found(within: 1) == [])

        second.tell()
        let event = PollerEvent(place: 70, descriptor: second.near, readiness: .readable)
        // As long as it is ready, and not only when it becomes so: libpq may leave bytes in the socket.
        #expect(poller.found() == [event])
        #expect(poller.found() == [event])
        first.tell()
        #expect(Set(poller.found().map(\.place)) == [3, 70])
        second.hear()
        #expect(poller.found().map(\.place) == [3])
        first.hear()

        #expect(poller.watch(first.near, for: [.readable, .writable], at: 3))
        #expect(poller.found().map(\.readiness) == [.writable])
        first.tell()
        #expect(poller.found().map(\.readiness) == [[.readable, .writable]])
        #expect(poller.watch(first.near, for: .writable, at: 3))
        #expect(poller.found().map(\.readiness) == [.writable])
        #expect(poller.watch(first.near, for: .readable, at: 3))
        #expect(poller.found().map(\.readiness) == [.readable])

        first.hear()
        first.hangUp()
        #expect(poller.found() == [.init(place: 3, descriptor: first.near, readiness: .readable)])
        #expect(!poller.watch(-1, for: .readable, at: 4))
    }

    private func drops<P: Poller & ~Copyable>(_: P.Type) throws {
        let poller = try Subject<P>()
        let pair = try SocketPair()
        #expect(poller.watch(pair.near, for: .readable, at: 1))
        pair.tell()
        let event = try #require(poller.found().first)
        poller.drop(event)
        #expect(poller.found() == [])
        #expect(poller.watch(pair.near, for: .readable, at: 1))
        #expect(poller.found() == [event])
        // By whoever has the place now.
        poller.forget(place: 1)
        #expect(poller.watch(pair.near, for: .readable, at: 2))
        #expect(poller.found().map(\.place) == [2])
    }

    /// The system gives the lowest number that is free, so that a new descriptor often has that of the last one closed.
    private func reuses<P: Poller & ~Copyable>(_: P.Type) throws {
        let poller = try Subject<P>()
        let old = try SocketPair()
        #expect(poller.watch(old.near, for: .readable, at: 1))
        let other = try SocketPair()
        other.tell()
        // Like closing the one and opening the other, with nobody in between who could take the number.
        #expect(dup2(other.near, old.near) == old.near)
        poller.forget(place: 1)
        #expect(poller.watch(old.near, for: .readable, at: 1))
        #expect(poller.found() == [.init(place: 1, descriptor: old.near, readiness: .readable)])
    }
}

/// A poller that `#expect` can be asked about, which takes no value that cannot be copied.
private final class Subject<P: Poller & ~Copyable> {
    private var poller: P

    init() throws { poller = try P() }

    func watch(_ descriptor: Int32, for interest: Readiness, at place: Int) -> Bool {
        poller.watch(descriptor, for: interest, at: place)
    }

    func found(within milliseconds: Int32 = 0) -> [PollerEvent] {
        let count = poller.sleep(milliseconds: milliseconds)
        return (0..<count).map { poller.event($0) }
    }

    func drop(_ event: PollerEvent) { poller.drop(event) }

    func forget(place: Int) { poller.forget(place: place) }
}

/// Two sockets that are connected to each other.
private final class SocketPair {
    let near: Int32
    private var far: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        #if canImport(Glibc)
        let kind = Int32(SOCK_STREAM.rawValue)
        #else
        let kind = SOCK_STREAM
        #endif
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        (near, far) = (ends[0], ends[1])
    }

    deinit {
        close(near)
        if far >= 0 { close(far) }
    }

    /// Lets the near end become readable.
    func tell() {
        var byte: UInt8 = 1
        #expect(write(far, &byte, 1) == 1)
    }

    /// Reads what was told.
    func hear() {
        var byte: UInt8 = 0
        #expect(read(near, &byte, 1) == 1)
    }

    func hangUp() {
        close(far)
        far = -1
    }
}
