import Testing

@testable import LibPQ

@Suite("A suspicion")
struct SuspicionTests {
    private final class Fake {}
    private typealias State = PoolState<Fake>

    private let start = ContinuousClock.now

    @Test(
        "comes from the codes of a server that goes away or refuses writes, unless the transaction was to be read-only",
        arguments: [
            ("57P01", false, .serverIsLeaving), ("57P02", true, .serverIsLeaving), ("57P03", false, .serverIsLeaving),
            ("25006", false, .serverIsReadOnly), ("25006", true, nil),
            ("57014", false, nil), ("57P05", false, nil), ("40001", false, nil), ("23505", false, nil),
        ] as [(String, Bool, Suspicion?)])
    func codes(sqlState: String, isReadOnly: Bool, expected: Suspicion?) {
        #expect(Suspicion(SQLState(rawValue: sqlState), inTransaction: isReadOnly) == expected)
        #expect(Suspicion(nil, inTransaction: isReadOnly) == nil)
    }

    /// Opens a connection and parks it.
    private func open(_ state: inout State, readOnly: Bool = false) throws -> State.Member {
        _ = state.acquire(now: start)
        let opening = state.nextOpening(now: start)
        let member = State.Member(
            connection: Fake(), endOfLife: start + .seconds(3600), generation: try #require(opening).generation,
            startedReadOnly: readOnly)
        _ = state.opened(member, now: start)
        _ = state.released(member, now: start)
        return member
    }

    @Test("of one connection makes those suspect that exist then, not those that were made since")
    func generations() throws {
        for suspicion in [Suspicion.serverIsLeaving, .serverIsReadOnly, .noAnswer] {
            var state = State(limits: .init(maximum: 2))
            let old = try open(&state)
            let closed = state.suspect(suspicion, reportedBy: old, now: start)
            #expect(closed?.count == 1 && closed?.first === old.connection)
            let fresh = try open(&state)
            #expect(state.suspect(suspicion, reportedBy: old, now: start + .seconds(60)) == nil, "it came back late")
            #expect(state.idle.first?.member.connection === fresh.connection)
        }
    }

    @Test("of a refused write means nothing in a pool that could never write, and something in one that could")
    func readers() throws {
        var reading = State(limits: .init(maximum: 2))
        let standby = try open(&reading, readOnly: true)
        #expect(reading.suspect(.serverIsReadOnly, reportedBy: standby, now: start) == nil)
        #expect(reading.idle.count == 1)
        #expect(reading.suspect(.serverIsLeaving, reportedBy: standby, now: start)?.count == 1)

        var writing = State(limits: .init(maximum: 2))
        let primary = try open(&writing)
        _ = writing.suspect(.serverIsLeaving, reportedBy: primary, now: start)
        let demoted = try open(&writing, readOnly: true)
        #expect(writing.suspect(.serverIsReadOnly, reportedBy: demoted, now: start)?.count == 1)
    }

    @Test("of refused writes replaces connections every 10 s at most, so that a read-only session cannot churn them")
    func churn() throws {
        var state = State(limits: .init(maximum: 2))
        let first = try open(&state)
        #expect(state.suspect(.serverIsReadOnly, reportedBy: first, now: start)?.count == 1)
        let second = try open(&state)
        #expect(state.suspect(.serverIsReadOnly, reportedBy: second, now: start + .seconds(9)) == nil)
        #expect(state.suspect(.serverIsReadOnly, reportedBy: second, now: start + .seconds(10))?.count == 1)
        let third = try open(&state)
        #expect(
            state.suspect(.serverIsLeaving, reportedBy: third, now: start + .seconds(11))?.count == 1,
            "the other signs are believed at any time")
    }
}
