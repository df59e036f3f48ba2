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
    @Test("of epoll: reports what is ready, under its place, as long as it is watched")
    func epoll() throws { try keepsContract(EpollPoller.self) }
    #endif

    @Test("of poll: reports what is ready, under its place, as long as it is watched")
    func poll() throws { try keepsContract(PollPoller.self) }

    private func keepsContract<P: Poller & ~Copyable>(_: P.Type) throws {
        try reports(on: Subject<P>())
        try unwatches(on: Subject<P>())
        try toldApart(on: Subject<P>())
        try many(on: Subject<P>())
    }

    private func reports<P: ~Copyable>(on poller: Subject<P>) throws {
        #expect(poller.found() == [])
        let (first, second) = try (SocketPair(), SocketPair())
        #expect(poller.watch(first.near, for: .readable, at: 3))
        #expect(poller.watch(second.near, for: .readable, at: 70))
        #expect(poller.found(within: 1) == [])

        second.tell()
        let event = PollerEvent(place: 70, readiness: .readable)
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
        #expect(poller.found() == [.init(place: 3, readiness: .readable)])
        #expect(!poller.watch(-1, for: .readable, at: 4))
    }

    private func unwatches<P: ~Copyable>(on poller: Subject<P>) throws {
        let (pair, other) = try (SocketPair(), SocketPair())
        #expect(poller.watch(pair.near, for: .readable, at: 1))
        pair.tell()
        #expect(poller.found().map(\.place) == [1])
        poller.unwatch(place: 1)
        poller.unwatch(place: 1)
        poller.unwatch(place: 99)
        #expect(poller.found() == [])
        #expect(poller.watch(pair.near, for: .readable, at: 2))
        #expect(poller.found().map(\.place) == [2])
        // Instead of the one before.
        #expect(poller.watch(other.near, for: .readable, at: 2))
        #expect(poller.found() == [])
        other.tell()
        #expect(poller.found().map(\.place) == [2])
    }

    /// The system gives the lowest number that is free, so that a new descriptor often has that of the last one closed.
    private func toldApart<P: ~Copyable>(on poller: Subject<P>) throws {
        let (old, new) = try (SocketPair(), SocketPair())
        #expect(poller.watch(old.near, for: .readable, at: 1))
        // A child between fork and exec has the file, too, so that the kernel goes on watching it.
        let elsewhere = dup(old.near)
        defer { close(elsewhere) }
        old.tell()
        // Closes the one and opens the other, with nobody in between who could take the number.
        #expect(dup2(new.near, old.near) == old.near)
        #expect(poller.watch(old.near, for: .readable, at: 2))
        poller.unwatch(place: 1)

        #expect(poller.found() == [])
        let waited = ContinuousClock().measure { #expect(poller.found(within: 100) == []) }
        #expect(waited > .milliseconds(50), "the old file does not end each wait")
        new.tell()
        #expect(poller.found() == [.init(place: 2, readiness: .readable)])
    }

    private func many<P: ~Copyable>(on poller: Subject<P>) throws {
        let pairs = try (0..<80).map { _ in try SocketPair() }
        for (place, pair) in pairs.enumerated() {
            #expect(poller.watch(pair.near, for: .readable, at: place))
            pair.tell()
        }
        var found: Set<Int> = []
        // More than one wait of `epoll` finds.
        for _ in 0..<10 {
            for event in poller.found() {
                #expect(found.insert(event.place).inserted)
                poller.unwatch(place: event.place)
            }
        }
        #expect(found == Set(pairs.indices))
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
        let count = poller.wait(milliseconds: milliseconds)
        return (0..<count).map { poller.event($0) }
    }

    func unwatch(place: Int) { poller.unwatch(place: place) }
}

/// Two sockets that are connected to each other.
private final class SocketPair {
    let near: Int32
    private let far: Int32

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
        close(far)
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

    /// Not by closing, as a program that another test has started may have the file, too.
    func hangUp() { #expect(shutdown(far, Int32(SHUT_RDWR)) == 0) }
}
