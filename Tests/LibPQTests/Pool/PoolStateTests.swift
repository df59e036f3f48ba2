import Testing

@testable import LibPQ

@Suite("The pool's decisions")
struct PoolStateTests {
    private final class Fake {}
    private typealias State = PoolState<Fake>

    /// A waiter that joins, and whether a connection is to be opened for it.
    private func queue(_ state: inout State) -> (id: UInt64, open: Bool)? {
        guard case .wait(let id, let open) = state.acquire() else {
            Issue.record("expected to wait")
            return nil
        }
        return (id, open)
    }

    private func leased(_ state: inout State) -> Fake? {
        guard case .lease(let connection) = state.acquire() else {
            Issue.record("expected a lease")
            return nil
        }
        return connection
    }

    private func handed(_ placed: State.Placed) -> (connection: Fake, waiter: UInt64)? {
        if case .hand(let connection, let waiter) = placed { return (connection, waiter) }
        Issue.record("expected to hand the connection over")
        return nil
    }

    private func isParked(_ placed: State.Placed) -> Bool { if case .park = placed { true } else { false } }
    private func isClosed(_ placed: State.Placed) -> Bool { if case .close = placed { true } else { false } }

    @Test("open one connection for each waiter, up to the maximum")
    func opens() throws {
        var state = State(maximum: 2)
        #expect(try #require(queue(&state)).open)
        #expect(try #require(queue(&state)).open)
        #expect(try !#require(queue(&state)).open)
        #expect(state.opening == 2)
        #expect(state.openConnections == 2)
        #expect(state.waiters.count == 3)
    }

    @Test("hand connections to waiters in the order in which they came")
    func firstInFirstOut() throws {
        var state = State(maximum: 1)
        let ids = try (0..<3).map { _ in try #require(queue(&state)).id }
        let connection = Fake()
        let first = try #require(handed(state.opened(connection)))
        #expect(first.connection === connection)
        #expect(first.waiter == ids[0])
        #expect(state.leased == 1)
        #expect(try #require(handed(state.released(connection))).waiter == ids[1])
        #expect(try #require(handed(state.released(connection))).waiter == ids[2])
        #expect(isParked(state.released(connection)))
        #expect(state.leased == 0)
        #expect(state.idle.count == 1)
    }

    @Test("lease the connection that was used last")
    func warmest() throws {
        var state = State(maximum: 2)
        _ = queue(&state)
        _ = queue(&state)
        let (a, b) = (Fake(), Fake())
        _ = state.opened(a)
        _ = state.opened(b)
        #expect(isParked(state.released(b)))
        #expect(isParked(state.released(a)))
        #expect(leased(&state) === a)
        #expect(leased(&state) === b)
        #expect(state.leased == 2)
        #expect(state.idle.isEmpty)
    }

    @Test("park a connection whose waiter has left")
    func waiterLeaves() throws {
        var state = State(maximum: 1)
        let (first, _) = try #require(queue(&state))
        let (second, _) = try #require(queue(&state))
        #expect(state.leave(first) == true)
        #expect(state.leave(first) == false, "it has left already")
        let connection = Fake()
        #expect(try #require(handed(state.opened(connection))).waiter == second)
        #expect(state.leave(second) == false, "it has been served already")
        #expect(isParked(state.released(connection)))

        var other = State(maximum: 1)
        let (only, _) = try #require(queue(&other))
        _ = other.leave(only)
        #expect(isParked(other.opened(connection)))
    }

    @Test("open none for a waiter that an opening left over from another will serve")
    func leftOverOpening() throws {
        var state = State(maximum: 4)
        let (first, opens) = try #require(queue(&state))
        #expect(opens)
        _ = state.leave(first)
        #expect(try !#require(queue(&state)).open)
        #expect(state.opening == 1)
    }

    @Test("fail all waiters when opening failed and nobody else could serve them")
    func openFailed() throws {
        var state = State(maximum: 2)
        let ids = try (0..<3).map { _ in try #require(queue(&state)).id }
        #expect(state.openFailed() == [], "another opening is under way")
        #expect(state.openFailed() == ids)
        #expect(state.waiters.isEmpty)
        #expect(state.openConnections == 0)
        #expect(try #require(queue(&state)).open, "the next caller tries again")
    }

    @Test("let waiters wait for a leased connection when opening another failed")
    func openFailedWithLease() throws {
        var state = State(maximum: 2)
        _ = queue(&state)
        let connection = Fake()
        _ = state.opened(connection)
        let (waiter, opens) = try #require(queue(&state))
        #expect(opens)
        #expect(state.openFailed() == [])
        #expect(try #require(handed(state.released(connection))).waiter == waiter)
    }

    @Test("open another for those who wait when a leased connection ended")
    func discarded() throws {
        var state = State(maximum: 1)
        _ = queue(&state)
        _ = state.opened(Fake())
        #expect(try !#require(queue(&state)).open)
        #expect(state.discardedLeased() == true)
        #expect(state.opening == 1)
        #expect(state.leased == 0)

        var nobodyWaits = State(maximum: 1)
        _ = queue(&nobodyWaits)
        _ = nobodyWaits.opened(Fake())
        #expect(nobodyWaits.discardedLeased() == false)
        #expect(nobodyWaits.openConnections == 0)
    }

    @Test("drop an idle connection that ended, and leave others alone")
    func ended() throws {
        var state = State(maximum: 2)
        _ = queue(&state)
        _ = queue(&state)
        let (a, b) = (Fake(), Fake())
        _ = state.opened(a)
        _ = state.opened(b)
        _ = state.released(a)
        state.ended(b)
        #expect(state.leased == 1)
        #expect(state.idle.count == 1)
        state.ended(a)
        #expect(state.idle.isEmpty)
        #expect(state.openConnections == 1)
    }

    @Test("refuse, fail and close when the pool is closed")
    func close() throws {
        var state = State(maximum: 2)
        _ = queue(&state)
        _ = queue(&state)
        let (a, b, c) = (Fake(), Fake(), Fake())
        _ = state.opened(a)
        _ = state.opened(b)
        let (waiter, opens) = try #require(queue(&state))
        #expect(!opens)
        let (waiters, connections) = state.close()
        #expect(waiters == [waiter])
        #expect(connections.isEmpty)
        #expect(isClosed(state.released(a)))
        #expect(state.discardedLeased() == false)
        #expect(state.openConnections == 0)
        guard case .refused = state.acquire() else {
            Issue.record("expected to be refused")
            return
        }

        var idle = State(maximum: 3)
        _ = queue(&idle)
        _ = idle.opened(c)
        _ = idle.released(c)
        _ = idle.acquire()
        _ = idle.released(c)
        let closed = idle.close()
        #expect(closed.connections.count == 1)
        #expect(idle.openConnections == 0)

        var opening = State(maximum: 1)
        _ = queue(&opening)
        #expect(opening.close().waiters.count == 1)
        #expect(isClosed(opening.opened(c)))
    }
}
