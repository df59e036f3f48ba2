import Testing

@testable import LibPQ

@Suite("An instant of the continuous clock")
struct MonotonicInstantTests {
    @Test("is ordered as the clock's own is")
    func order() {
        let instant = ContinuousClock.now
        #expect(MonotonicInstant(instant) < MonotonicInstant(instant + .nanoseconds(1)))
        #expect(MonotonicInstant(instant) == MonotonicInstant(instant))
        let before = ContinuousClock.now
        let now = MonotonicInstant.now
        #expect(MonotonicInstant(before) <= now && now <= .now)
    }

    @Test("moves by durations, to the nanosecond", arguments: [0, 1, -1, 1_500_000_000, -1_500_000_000] as [Int64])
    func arithmetic(nanoseconds: Int64) {
        let instant = MonotonicInstant.now
        let moved = instant + .nanoseconds(nanoseconds)
        #expect(moved - instant == .nanoseconds(nanoseconds))
        #expect((moved < instant) == (nanoseconds < 0))
    }

    @Test("ends where 64 bits do, instead of turning a distant deadline into one that has passed")
    func saturation() {
        let centuries = Duration.seconds(Int64.max)
        #expect(MonotonicInstant.now + centuries > .now + .seconds(9_000_000_000))
        #expect(MonotonicInstant.now + (.zero - centuries) < .now + .seconds(-9_000_000_000))
        #expect((MonotonicInstant.now + centuries) + centuries > .now)
        #expect(MonotonicInstant(.now + centuries) > .now && MonotonicInstant(.now + (.zero - centuries)) < .now)
        #expect((centuries + centuries).nanoseconds == .max)
        #expect(centuries.nanoseconds == .max)
        #expect((Duration.zero - centuries).nanoseconds == .min)
        #expect((Duration.seconds(9_223_372_036) + .nanoseconds(854_775_807)).nanoseconds == .max)
        #expect((Duration.seconds(9_223_372_036) + .nanoseconds(854_775_808)).nanoseconds == .max)
    }
}
