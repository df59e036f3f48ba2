/// Pauses between attempts: each twice as long as the one before, up to a limit, and each a random part of that.
///
/// The random part keeps many clients of one server from coming back at the same moment.
struct Backoff {
    private var limit: Duration
    private let maximum: Duration

    init(first: Duration = .milliseconds(100), maximum: Duration = .seconds(10)) {
        limit = first
        self.maximum = maximum
    }

    /// The next pause: half of the limit to all of it.
    mutating func next() -> Duration {
        defer { limit = min(limit * 2, maximum) }
        return limit * Double.random(in: 0.5...1)
    }
}
