import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Idempotency

@Suite("Single flight", .timeLimit(.minutes(1)))
struct SingleFlightTests {
    typealias Flights = SingleFlight<ManualClock>

    let clock = ManualClock()
    let key = SingleFlightTableTests.key
    let mine = ClaimDecisionTests.mine
    let outcome = StoredOutcome(
        outcome: Outcome(status: 201, body: [1, 2, 3]), expiresAt: Date(timeIntervalSince1970: 1_764_099_197))

    /// How a request got in, in a form that can be compared; the ticket is kept apart.
    enum Report: Hashable {
        case led
        case outcome(StoredOutcome)
        case mismatch
        case timedOut
        case full
        case cancelled
    }

    /// Counts runs, and how many there were at once.
    final class Gauge: Sendable {
        private let state = Mutex((running: 0, runs: 0, most: 0))

        var runs: Int { state.withLock { $0.runs } }
        var most: Int { state.withLock { $0.most } }

        /// Returns the number of this run, from 1.
        func begin() -> Int {
            state.withLock { state in
                state.running += 1
                state.runs += 1
                state.most = max(state.most, state.running)
                return state.runs
            }
        }

        func end() {
            state.withLock { $0.running -= 1 }
        }
    }

    /// Enters; as leader, calls `lead` and finishes with what it returns.
    func enter(
        _ flights: Flights, budget: Duration = .seconds(2), fingerprint: Fingerprint? = nil,
        lead: @Sendable () async -> StoredOutcome? = { nil }
    ) async -> Report {
        do {
            let deadline = clock.now.advanced(by: budget)
            switch try await flights.enter(key, fingerprint: fingerprint ?? mine, deadline: deadline) {
            case .leader(let ticket):
                ticket.finish(await lead())
                return .led
            case .outcome(let outcome): return .outcome(outcome)
            case .mismatch: return .mismatch
            case .timedOut: return .timedOut
            case .full: return .full
            }
        } catch {
            return .cancelled
        }
    }

    /// Becomes the leader of the key, which nobody may run.
    func lead(_ flights: Flights) async throws -> Flights.Ticket {
        switch try await flights.enter(key, fingerprint: mine, deadline: clock.now) {
        case .leader(let ticket): return ticket
        default:
            Issue.record("Somebody else leads.")
            throw CancellationError()
        }
    }

    /// Yields until so many wait. The waiters are tasks of this test, so they get there; the time limit catches a
    /// mistake.
    func waitForWaiters(_ count: Int, in flights: Flights) async {
        while flights.waiterCount(for: key) != count { await Task.yield() }
    }

    @Test("an uncontended request leads, and finishing forgets the key")
    func uncontended() async throws {
        let flights = Flights(clock: clock)
        for finished in [outcome, nil] {
            let ticket = try await lead(flights)
            #expect(flights.count == 1)
            ticket.finish(finished)
            #expect(flights.count == 0)
        }
        #expect(clock.deadlines.isEmpty)
    }

    @Test("twenty duplicates get the leader's outcome, and none runs")
    func delivery() async throws {
        let flights = Flights(clock: clock)
        let ticket = try await lead(flights)
        let tasks = (0..<20).map { _ in Task { await enter(flights) } }
        await waitForWaiters(20, in: flights)
        ticket.finish(outcome)
        var reports: [Report] = []
        for task in tasks { reports.append(await task.value) }
        #expect(reports == Array(repeating: .outcome(outcome), count: 20))
        #expect(flights.count == 0)
        #expect(clock.deadlines.isEmpty, "a timer was left behind")
    }

    @Test("when leaders leave nothing, duplicates run one at a time until one leaves an outcome")
    func promotion() async throws {
        let flights = Flights(clock: clock)
        let gauge = Gauge()
        let ticket = try await lead(flights)
        let tasks = (0..<10).map { _ in
            Task {
                await enter(flights) {
                    let run = gauge.begin()
                    await Task.yield()
                    gauge.end()
                    return run == 3 ? outcome : nil
                }
            }
        }
        await waitForWaiters(10, in: flights)
        ticket.finish(nil)
        var reports: [Report] = []
        for task in tasks { reports.append(await task.value) }
        #expect(gauge.runs == 3)
        #expect(gauge.most == 1)
        #expect(reports.count { $0 == .led } == 3)
        #expect(reports.count { $0 == .outcome(outcome) } == 7)
        #expect(flights.count == 0)
    }

    @Test("a dropped ticket releases the key to the next waiter")
    func droppedTicket() async throws {
        let flights = Flights(clock: clock)
        func failing() async throws {
            let ticket = try await lead(flights)
            await waitForWaiters(1, in: flights)
            try Task.checkCancellation()
            _ = consume ticket
            throw IdempotencyError(.unavailable, "Thrown past the ticket.")
        }
        async let leader: Void = failing()
        while flights.count == 0 { await Task.yield() }
        async let waiter = enter(flights) { outcome }
        do {
            try await leader
            Issue.record("The leader did not throw.")
        } catch {
            #expect((error as? IdempotencyError)?.code == .unavailable)
        }
        let waiterReport = await waiter
        #expect(waiterReport == .led)
        #expect(flights.count == 0)
    }

    @Test("a waiter whose budget ends is told so; the others wait to their own deadlines")
    func deadlines() async throws {
        let flights = Flights(clock: clock)
        let ticket = try await lead(flights)
        async let short = enter(flights, budget: .seconds(1))
        async let long = enter(flights, budget: .seconds(3))
        await waitForWaiters(2, in: flights)
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(1))
        let shortReport = await short
        #expect(shortReport == .timedOut)
        #expect(flights.waiterCount(for: key) == 1)
        clock.advance(by: .seconds(1))
        ticket.finish(outcome)
        let longReport = await long
        #expect(longReport == .outcome(outcome))
    }

    @Test("promotion of another does not move a waiter's deadline")
    func deadlineStands() async throws {
        let flights = Flights(clock: clock)
        let first = try await lead(flights)
        let release = AsyncStream<Void>.makeStream()
        let promoted = AsyncStream<Void>.makeStream()
        async let second = enter(flights) {
            promoted.continuation.finish()
            for await _ in release.stream {}
            return nil
        }
        await waitForWaiters(1, in: flights)
        async let third = enter(flights, budget: .seconds(2))
        await waitForWaiters(2, in: flights)
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(1))
        first.finish(nil)
        for await _ in promoted.stream {}
        clock.advance(by: .seconds(1))
        let thirdReport = await third
        #expect(thirdReport == .timedOut)
        release.continuation.finish()
        let secondReport = await second
        #expect(secondReport == .led)
        #expect(flights.count == 0)
    }

    @Test("with no budget a duplicate is told at once, and never waits")
    func noBudget() async throws {
        let flights = Flights(clock: clock)
        let ticket = try await lead(flights)
        #expect(await enter(flights, budget: .zero) == .timedOut)
        #expect(await enter(flights, budget: .seconds(-1)) == .timedOut)
        ticket.finish(nil)
        #expect(await enter(flights, budget: .zero) == .led)
    }

    /// Stands before any deadline when it is read first, and beyond all of them from then on.
    final class LeapingClock: Clock, Sendable {
        private let reads = Mutex(0)
        var minimumResolution: Duration { .nanoseconds(1) }
        var now: ManualClock.Instant {
            reads.withLock { reads in
                reads += 1
                return ManualClock.Instant(offset: reads == 1 ? .zero : .hours(1))
            }
        }
        func sleep(until deadline: ManualClock.Instant, tolerance: Duration?) async throws {}
    }

    @Test("a deadline that passes while a request gets ready to wait is not missed")
    func deadlineInBetween() async throws {
        for _ in 0..<500 {
            let flights = SingleFlight(clock: LeapingClock())
            let deadline = ManualClock.Instant(offset: .seconds(1))
            guard case .leader(let ticket) = try await flights.enter(key, fingerprint: mine, deadline: deadline) else {
                Issue.record("Somebody else leads.")
                return
            }
            switch try await flights.enter(key, fingerprint: mine, deadline: deadline) {
            case .timedOut: break
            default: Issue.record("The deadline was missed.")
            }
            ticket.finish(nil)
        }
    }

    @Test("another fingerprint waits, and is a mismatch when the leader leaves an outcome")
    func mismatch() async throws {
        let flights = Flights(clock: clock)
        let ticket = try await lead(flights)
        async let other = enter(flights, fingerprint: ClaimDecisionTests.other)
        await waitForWaiters(1, in: flights)
        async let same = enter(flights)
        await waitForWaiters(2, in: flights)
        ticket.finish(outcome)
        #expect(await other == .mismatch)
        #expect(await same == .outcome(outcome))
    }

    @Test("past the cap a request is turned away")
    func full() async throws {
        let flights = Flights(clock: clock, limits: WaiterLimits(perKey: 1))
        let ticket = try await lead(flights)
        async let waiter = enter(flights)
        await waitForWaiters(1, in: flights)
        #expect(await enter(flights) == .full)
        ticket.finish(outcome)
        let waiterReport = await waiter
        #expect(waiterReport == .outcome(outcome))
    }

    @Test("a cancelled waiter leaves, whether cancelled before or while it waits, and the next is promoted instead")
    func cancellation() async throws {
        let flights = Flights(clock: clock)
        let ticket = try await lead(flights)
        let before = Task {
            while !Task.isCancelled { await Task.yield() }
            return await enter(flights)
        }
        before.cancel()
        #expect(await before.value == .cancelled)
        let during = Task { await enter(flights) }
        await waitForWaiters(1, in: flights)
        async let next = enter(flights)
        await waitForWaiters(2, in: flights)
        during.cancel()
        #expect(await during.value == .cancelled)
        #expect(flights.waiterCount(for: key) == 1)
        ticket.finish(nil)
        let nextReport = await next
        #expect(nextReport == .led)
        #expect(flights.count == 0)
    }

    @Test("under a storm of finishing, cancelling and timing out nobody hangs and no key stays")
    func storm() async {
        var random = SeededRandom()
        let flights = SingleFlight(clock: ContinuousClock(), limits: WaiterLimits(perKey: 50, total: 150))
        let plans = (0..<2000).map { _ in
            (
                Int.random(in: 0..<5, using: &random), Int.random(in: 0...3, using: &random),
                Int.random(in: 0...300, using: &random)
            )
        }
        let gauges = (0..<5).map { _ in Gauge() }
        let tasks = plans.map { number, action, microseconds in
            let task = Task {
                let key = FlightKey(scope: "s\(number)", keyID: key.keyID)
                let deadline = ContinuousClock.now.advanced(by: .microseconds(microseconds))
                if case .leader(let ticket) = try await flights.enter(key, fingerprint: mine, deadline: deadline) {
                    _ = gauges[number].begin()
                    for _ in 0..<action { await Task.yield() }
                    gauges[number].end()
                    // The last of the actions drops the ticket.
                    if action < 3 { ticket.finish(action == 0 ? outcome : nil) }
                }
            }
            if action == 1 { task.cancel() }
            return task
        }
        for task in tasks { _ = await task.result }
        #expect(flights.count == 0, "seed \(random.seed)")
        #expect(gauges.map(\.most) == [1, 1, 1, 1, 1], "seed \(random.seed)")
    }
}
