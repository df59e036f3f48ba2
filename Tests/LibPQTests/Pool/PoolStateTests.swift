import Testing

@testable import LibPQ

@Suite("The pool's decisions")
struct PoolStateTests {
    private final class Fake {}
    private typealias State = PoolState<Fake>

    private let start = ContinuousClock.now

    private func makeState(maximum: Int, minimum: Int = 0) -> State {
        State(
            limits: .init(
                minimum: minimum, maximum: maximum, idleTimeout: .seconds(60), validationInterval: .seconds(10)))
    }

    private func member(_ connection: Fake = Fake(), generation: UInt64 = 0, life: Duration = .seconds(3600))
        -> State.Member
    {
        State.Member(connection: connection, endOfLife: start + life, generation: generation)
    }

    private func opens(_ state: inout State, after time: Duration = .zero) -> Bool {
        state.nextOpening(now: start + time) != nil
    }

    /// A waiter that joins, and whether a connection is to be opened for it.
    private func queue(_ state: inout State, after time: Duration = .zero) -> (id: UInt64, open: Bool)? {
        guard case .wait(let id) = state.acquire(now: start + time) else {
            Issue.record("expected to wait")
            return nil
        }
        return (id, opens(&state, after: time))
    }

    private func leased(_ state: inout State, after time: Duration = .zero) -> Fake? {
        guard case .lease(let member, _) = state.acquire(now: start + time) else {
            Issue.record("expected a lease")
            return nil
        }
        return member.connection
    }

    private func handed(_ placed: State.Placed) -> (connection: Fake, waiter: UInt64)? {
        if case .hand(let member, let waiter) = placed { return (member.connection, waiter) }
        Issue.record("expected to hand the connection over")
        return nil
    }

    private func isParked(_ placed: State.Placed) -> Bool { if case .park = placed { true } else { false } }
    private func isClosed(_ placed: State.Placed) -> Bool { if case .close = placed { true } else { false } }

    @Test("open one connection for each waiter, up to the maximum")
    func opens() throws {
        var state = makeState(maximum: 2)
        #expect(try #require(queue(&state)).open)
        #expect(try #require(queue(&state)).open)
        #expect(try !#require(queue(&state)).open)
        #expect(state.opening == 2)
        #expect(state.openConnections == 2)
        #expect(state.waiters.count == 3)
    }

    @Test("hand connections to waiters in the order in which they came")
    func firstInFirstOut() throws {
        var state = makeState(maximum: 1)
        let ids = try (0..<3).map { _ in try #require(queue(&state)).id }
        let connection = member()
        let first = try #require(handed(state.opened(connection, now: start)))
        #expect(first.connection === connection.connection)
        #expect(first.waiter == ids[0])
        #expect(state.leased == 1)
        #expect(try #require(handed(state.released(connection, now: start))).waiter == ids[1])
        #expect(try #require(handed(state.released(connection, now: start))).waiter == ids[2])
        #expect(isParked(state.released(connection, now: start)))
        #expect(state.leased == 0)
        #expect(state.idle.count == 1)
    }

    @Test("lease the connection that was used last")
    func warmest() throws {
        var state = makeState(maximum: 2)
        _ = queue(&state)
        _ = queue(&state)
        let (a, b) = (member(), member())
        _ = state.opened(a, now: start)
        _ = state.opened(b, now: start)
        #expect(isParked(state.released(b, now: start)))
        #expect(isParked(state.released(a, now: start)))
        #expect(leased(&state) === a.connection)
        #expect(leased(&state) === b.connection)
        #expect(state.leased == 2)
        #expect(state.idle.isEmpty)
    }

    @Test("park a connection whose waiter has left")
    func waiterLeaves() throws {
        var state = makeState(maximum: 1)
        let (first, _) = try #require(queue(&state))
        let (second, _) = try #require(queue(&state))
        #expect(state.leave(first) == true)
        #expect(state.leave(first) == false, "it has left already")
        let connection = member()
        #expect(try #require(handed(state.opened(connection, now: start))).waiter == second)
        #expect(state.leave(second) == false, "it has been served already")
        #expect(isParked(state.released(connection, now: start)))

        var other = makeState(maximum: 1)
        let (only, _) = try #require(queue(&other))
        _ = other.leave(only)
        #expect(isParked(other.opened(connection, now: start)))
    }

    @Test("open none for a waiter that an opening left over from another will serve")
    func leftOverOpening() throws {
        var state = makeState(maximum: 4)
        let (first, opens) = try #require(queue(&state))
        #expect(opens)
        _ = state.leave(first)
        #expect(try !#require(queue(&state)).open)
        #expect(state.opening == 1)
    }

    @Test("fail all waiters when opening failed and nobody else could serve them")
    func openFailed() throws {
        var state = makeState(maximum: 2)
        let ids = try (0..<3).map { _ in try #require(queue(&state)).id }
        let last = state.openingBegins()
        #expect(state.openFailed(upTo: last, now: start) == [], "another opening is under way")
        #expect(state.openFailed(upTo: last, now: start) == ids)
        #expect(state.waiters.isEmpty)
        #expect(state.openConnections == 0)
        #expect(try #require(queue(&state)).open, "the next caller tries again")
    }

    @Test("fail no waiter that came after the attempt began: the next attempt is for it")
    func openFailedForEarlierCallers() throws {
        var state = makeState(maximum: 1)
        let early = try #require(queue(&state)).id
        let concerned = state.openingBegins()
        let late = try #require(queue(&state)).id
        #expect(state.openFailed(upTo: concerned, now: start) == [early])
        #expect(Array(state.waiters) == [late])
        #expect(opens(&state))
        #expect(try #require(handed(state.opened(member(), now: start))).waiter == late)
    }

    @Test(
        "try one connection at a time while opening fails, after pauses that grow to a second, and all again once it works"
    )
    func backoff() throws {
        var state = makeState(maximum: 3)
        for limit in [50, 100, 200, 400, 800, 1000, 1000] {
            while state.openConnections < 3, case .wait = state.acquire(now: start),
                state.nextOpening(now: start) != nil
            {}
            if limit > 50 { #expect(state.opening == 1) }
            while state.opening > 0 { _ = state.openFailed(upTo: state.openingBegins(), now: start) }
            if limit == 50 { continue }  // three failed at once
            _ = state.acquire(now: start)
            let next = state.nextOpening(now: start)
            let delay = try #require(next).delay
            #expect(delay >= .milliseconds(limit) / 2 && delay <= .milliseconds(1000))
            #expect(!opens(&state))
            _ = state.openFailed(upTo: state.openingBegins(), now: start)
        }
        _ = state.acquire(now: start)
        _ = state.acquire(now: start)
        _ = state.acquire(now: start)
        let later = state.nextOpening(now: start + .seconds(2))
        #expect(later?.delay == .zero, "the pause is over")
        _ = state.opened(member(), now: start)
        let others = [state.nextOpening(now: start), state.nextOpening(now: start)]
        #expect(others.map { $0?.delay } == [.zero, .zero])
    }

    @Test("lease a connection that was idle for long only after a sign of life")
    func validation() throws {
        var state = makeState(maximum: 1)
        _ = queue(&state)
        let connection = member()
        _ = state.opened(connection, now: start)
        _ = state.released(connection, now: start)
        guard case .lease(_, needsValidation: false) = state.acquire(now: start + .seconds(9)) else {
            Issue.record("expected a lease as it is")
            return
        }
        _ = state.released(connection, now: start + .seconds(9))
        guard case .lease(_, needsValidation: true) = state.acquire(now: start + .seconds(19)) else {
            Issue.record("expected a lease that needs validation")
            return
        }
    }

    /// A state whose only connection is being validated for the only waiter.
    private func validating(maximum: Int) throws -> (state: State, member: State.Member, waiter: UInt64) {
        var state = makeState(maximum: maximum)
        _ = queue(&state)
        let connection = member()
        _ = state.opened(connection, now: start)
        _ = state.released(connection, now: start)
        guard case .lease(let leased, needsValidation: true) = state.acquire(now: start + .seconds(10)) else {
            throw Unexpected()
        }
        guard let waiter = state.awaitValidation() else { throw Unexpected() }
        #expect(!opens(&state, after: .seconds(10)), "the connection that is being validated is for the waiter")
        return (state, leased, waiter)
    }

    private struct Unexpected: Error {}

    @Test("hand a connection to who waits for its sign of life, or park it when nobody does any more")
    func validated() throws {
        var (state, connection, waiter) = try validating(maximum: 3)
        #expect(try #require(handed(state.validated(connection, now: start))).waiter == waiter)
        #expect((state.leased, state.validating) == (1, 0))

        (state, connection, waiter) = try validating(maximum: 3)
        #expect(state.leave(waiter) == true)
        #expect(isParked(state.validated(connection, now: start)))
        #expect((state.leased, state.validating, state.idle.count) == (0, 0, 1))
    }

    @Test("open another for who waits for a sign of life that did not come")
    func validationFailed() throws {
        var (state, _, waiter) = try validating(maximum: 1)
        state.validationFailed()
        #expect(state.openConnections == 0)
        #expect(opens(&state))
        #expect(try #require(handed(state.opened(member(), now: start))).waiter == waiter)
    }

    @Test("let nobody wait for a sign of life in a pool that was closed")
    func closedBeforeValidation() throws {
        var state = makeState(maximum: 1)
        _ = queue(&state)
        let connection = member()
        _ = state.opened(connection, now: start)
        _ = state.released(connection, now: start)
        #expect(leased(&state, after: .seconds(10)) === connection.connection)
        _ = state.close()
        #expect(state.awaitValidation() == nil)
        #expect((state.waiters.count, state.validating, state.leased) == (0, 0, 1))
        state.discardedLeased()
        #expect(state.openConnections == 0)
    }

    @Test("go on leasing and opening while a connection is being validated, and serve its waiter first")
    func othersWhileValidating() throws {
        var (state, connection, waiter) = try validating(maximum: 3)
        let (second, opens) = try #require(queue(&state, after: .seconds(10)))
        #expect(opens, "the second caller needs one of its own")
        let other = member()
        #expect(try #require(handed(state.opened(other, now: start + .seconds(10)))).waiter == waiter)
        #expect(try #require(handed(state.validated(connection, now: start + .seconds(10)))).waiter == second)

        (state, connection, waiter) = try validating(maximum: 3)
        _ = state.leave(waiter)
        #expect(try !#require(queue(&state, after: .seconds(10))).open, "it is for whoever comes next, too")

        state = makeState(maximum: 2)
        _ = queue(&state)
        _ = queue(&state)
        for member in [member(), member()] {
            _ = state.opened(member, now: start)
            _ = state.released(member, now: start)
        }
        _ = leased(&state, after: .seconds(10))
        _ = state.awaitValidation()
        #expect(leased(&state, after: .seconds(10)) != nil, "nobody waits for an idle connection")
    }

    @Test("close what is old or idle for long, but keep the minimum, and open up to it")
    func upkeep() throws {
        var state = makeState(maximum: 4, minimum: 1)
        #expect(opens(&state))
        #expect(!opens(&state))
        let (young, old) = (member(), member(life: .seconds(100)))
        #expect(isParked(state.opened(old, now: start)))
        #expect(state.nextUpkeep == old.endOfLife, "the minimum is not idle for too long")
        _ = leased(&state)
        _ = queue(&state)
        _ = state.opened(young, now: start)
        _ = state.released(old, now: start)
        _ = state.released(young, now: start + .seconds(1))
        #expect(state.nextUpkeep == start + .seconds(60))
        #expect(state.upkeep(now: start + .seconds(59)).isEmpty)
        let idle = state.upkeep(now: start + .seconds(60))
        #expect(idle.count == 1 && idle.first === old.connection)
        #expect(state.upkeep(now: start + .seconds(3599)).isEmpty)
        #expect(state.upkeep(now: start + .seconds(3600)).first === young.connection)
        #expect(state.nextUpkeep == nil)
        #expect(opens(&state, after: .seconds(3600)), "the minimum again")
    }

    @Test("close a connection at the end of its life when it comes back, and open another for who waits")
    func endOfLife() throws {
        var state = makeState(maximum: 1)
        _ = queue(&state)
        let connection = member(life: .seconds(5))
        _ = state.opened(connection, now: start)
        _ = queue(&state)
        #expect(isClosed(state.released(connection, now: start + .seconds(5))))
        #expect(opens(&state, after: .seconds(5)))
    }

    @Test("lease no connection again that existed when the server became suspect")
    func suspicion() throws {
        var state = makeState(maximum: 3)
        _ = queue(&state)
        _ = queue(&state)
        _ = state.acquire(now: start)
        let opening = state.nextOpening(now: start)
        let late = try #require(opening)
        let (idle, leased) = (member(), member())
        _ = state.opened(idle, now: start)
        _ = state.opened(leased, now: start)
        #expect(state.leave(3) == true)
        _ = state.released(idle, now: start)
        let closed = state.suspectAll()
        #expect(closed.count == 1 && closed.first === idle.connection)
        #expect(isClosed(state.released(leased, now: start)))
        #expect(isClosed(state.opened(member(generation: late.generation), now: start)), "it was on its way already")
        #expect(state.openConnections == 0)
        _ = state.acquire(now: start)
        let again = state.nextOpening(now: start)
        let fresh = try #require(again)
        #expect(handed(state.opened(member(generation: fresh.generation), now: start)) != nil)
    }

    @Test("let waiters wait for a leased connection when opening another failed")
    func openFailedWithLease() throws {
        var state = makeState(maximum: 2)
        _ = queue(&state)
        let connection = member()
        _ = state.opened(connection, now: start)
        let (waiter, opens) = try #require(queue(&state))
        #expect(opens)
        #expect(state.openFailed(upTo: state.openingBegins(), now: start) == [])
        #expect(try #require(handed(state.released(connection, now: start))).waiter == waiter)
    }

    @Test("open another for those who wait when a leased connection ended")
    func discarded() throws {
        var state = makeState(maximum: 1)
        _ = queue(&state)
        _ = state.opened(member(), now: start)
        #expect(try !#require(queue(&state)).open)
        state.discardedLeased()
        #expect(opens(&state))
        #expect(state.opening == 1)
        #expect(state.leased == 0)

        var nobodyWaits = makeState(maximum: 1)
        _ = queue(&nobodyWaits)
        _ = nobodyWaits.opened(member(), now: start)
        nobodyWaits.discardedLeased()
        #expect(!opens(&nobodyWaits))
        #expect(nobodyWaits.openConnections == 0)
    }

    @Test("drop an idle connection that ended, and leave others alone")
    func ended() throws {
        var state = makeState(maximum: 2)
        _ = queue(&state)
        _ = queue(&state)
        let (a, b) = (member(), member())
        _ = state.opened(a, now: start)
        _ = state.opened(b, now: start)
        _ = state.released(a, now: start)
        state.ended(b.connection)
        #expect(state.leased == 1)
        #expect(state.idle.count == 1)
        state.ended(a.connection)
        #expect(state.idle.isEmpty)
        #expect(state.openConnections == 1)
    }

    @Test("refuse, fail and close when the pool is closed")
    func close() throws {
        var state = makeState(maximum: 2)
        _ = queue(&state)
        _ = queue(&state)
        let (a, b, c) = (member(), member(), member())
        _ = state.opened(a, now: start)
        _ = state.opened(b, now: start)
        let (waiter, opens) = try #require(queue(&state))
        #expect(!opens)
        let (waiters, connections) = state.close()
        #expect(waiters == [waiter])
        #expect(connections.isEmpty)
        #expect(isClosed(state.released(a, now: start)))
        state.discardedLeased()
        #expect(!self.opens(&state))
        #expect(state.openConnections == 0)
        guard case .refused = state.acquire(now: start) else {
            Issue.record("expected to be refused")
            return
        }

        var idle = makeState(maximum: 3)
        _ = queue(&idle)
        _ = idle.opened(c, now: start)
        _ = idle.released(c, now: start)
        _ = idle.acquire(now: start)
        _ = idle.released(c, now: start)
        let closed = idle.close()
        #expect(closed.connections.count == 1)
        #expect(idle.openConnections == 0)

        var opening = makeState(maximum: 1)
        _ = queue(&opening)
        #expect(opening.close().waiters.count == 1)
        #expect(isClosed(opening.opened(c, now: start)))
    }
}
