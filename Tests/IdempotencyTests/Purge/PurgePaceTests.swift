import Testing

@testable import Idempotency

@Suite("Purge pace")
struct PurgePaceTests {
    /// Each event with the step and the batch size that follow from it.
    typealias Steps = [(PurgePace.Event, PurgePace.Step, Int)]

    @Test(
        "batches go on while they are full, shrink by halves after a timeout and grow back slowly",
        arguments: [
            [(.removed(1000), .continuePass, 1000), (.removed(999), .endPass, 1000)],
            [(.removed(0), .endPass, 1000)],
            [(.timedOut, .continuePass, 500), (.removed(500), .continuePass, 625), (.removed(624), .endPass, 625)],
            [
                (.timedOut, .continuePass, 500), (.timedOut, .continuePass, 250), (.timedOut, .continuePass, 125),
                (.timedOut, .continuePass, 100), (.timedOut, .abandonPass, 100), (.removed(3), .endPass, 100),
                (.removed(100), .continuePass, 125),
            ],
            [(.timedOut, .continuePass, 500)]
                + [625, 781, 976, 1000, 1000].map { (.removed(1000), .continuePass, $0) },
        ] as [Steps])
    func pace(steps: Steps) {
        var pace = PurgePace(maximum: 1000)
        for (event, step, size) in steps {
            #expect(pace.after(event) == step)
            #expect(pace.batchSize == size)
        }
    }

    @Test("a small maximum is kept, and not halved")
    func small() {
        var pace = PurgePace(maximum: 3)
        #expect(pace.after(.removed(3)) == .continuePass)
        #expect(pace.batchSize == 3)
        #expect(pace.after(.timedOut) == .abandonPass)
        #expect(pace.batchSize == 3)
    }

    @Test("pauses stay within the jitter, and the first is short")
    func pauses() {
        let configuration = PurgeService.Configuration()
        #expect(configuration.firstPause(random: 0) == .zero)
        #expect(configuration.firstPause(random: 1) == .seconds(12))
        #expect(configuration.pause(random: 0) == .seconds(48))
        #expect(configuration.pause(random: 0.5) == .seconds(60))
        #expect(configuration.pause(random: 1) == .seconds(72))
    }
}
