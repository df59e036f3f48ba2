import Testing

@testable import LibPQ

@Suite("Patience")
struct PatienceTests {
    let start = MonotonicInstant.now

    @Test("of COMMIT has one end, at which the connection is discarded, whoever gives up")
    func uncancellable() {
        var patience = Patience(uncancellableUntil: start)
        #expect(!patience.heedsCancellation)
        #expect(patience.giveUp(.deadline, now: start) == .discard)
        #expect(patience.giveUp(.cancellation, now: start) == .discard)
        #expect(patience.reason == nil)
    }

    @Test("of a statement: it is cancelled, then has the grace to end; the request is repeated, less and less often")
    func cancellable() {
        var patience = Patience(deadline: start, heedsCancellation: true, grace: .seconds(1))
        #expect(patience.heedsCancellation)
        #expect(patience.giveUp(.deadline, now: start) == .cancelStatement)
        #expect(!patience.heedsCancellation)  // once is enough
        #expect(patience.deadline == start + .milliseconds(250))
        #expect(patience.giveUp(.deadline, now: start + .milliseconds(250)) == .cancelStatement)
        #expect(patience.deadline == start + .milliseconds(750))
        #expect(patience.giveUp(.deadline, now: start + .milliseconds(750)) == .cancelStatement)
        #expect(patience.deadline == start + .seconds(1))
        #expect(patience.giveUp(.deadline, now: start + .seconds(1)) == .discard)
    }

    @Test("remembers the first reason")
    func reason() {
        var patience = Patience(deadline: nil, heedsCancellation: true, grace: .seconds(1))
        _ = patience.giveUp(.cancellation, now: start)
        _ = patience.giveUp(.deadline, now: start + .milliseconds(250))
        #expect(patience.reason == .cancellation)
        patience.awaitEnd()
        #expect(patience.deadline == start + .seconds(1))
    }
}
