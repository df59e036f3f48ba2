/// Answers that later checks look at again.
struct Evidence {
    struct Refusal {
        /// What was refused: "a missing key".
        let name: String
        let answer: Answer
        /// As it was sent; empty for a missing one.
        let key: String
    }

    /// The first request of all, its answer, and when that came.
    let operation: Operation
    let first: Answer
    let firstAt: ContinuousClock.Instant
    /// Whether two operations got two bodies, so that a body tells whose answer it is.
    var bodiesTell = false
    /// Whether an ordinary retry got the first answer's bytes, so that other bytes tell of another run.
    var replaysAreEqual = true
    /// Whether the first retry of all was answered without a second run.
    var isReplayed = false
    /// Whether a retry at the end of the run no longer was.
    var isLost = false
    /// Refusals that the profile's source describes: missing key, other payload, in flight.
    var described: [Refusal] = []
    /// All others.
    var malformed: [Refusal] = []
}
