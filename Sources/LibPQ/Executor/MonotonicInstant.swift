/// An instant of the continuous clock, in a form whose layout the compiler knows.
///
/// `ContinuousClock.Instant` comes from a module that may change its layout: whatever holds one is copied and compared by calls into
/// the runtime, which is too dear for what each statement carries along.
struct MonotonicInstant: Comparable {
    /// Since ``origin``.
    private let nanoseconds: Int64

    private static let origin = ContinuousClock.now

    /// Cut to 292 years on both sides of ``origin``.
    init(_ instant: ContinuousClock.Instant) { nanoseconds = (instant - Self.origin).nanoseconds }

    init?(_ instant: ContinuousClock.Instant?) {
        guard let instant else { return nil }
        self.init(instant)
    }

    private init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    static var now: Self { Self(ContinuousClock.now) }

    static func + (instant: Self, duration: Duration) -> Self {
        let (sum, overflows) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return Self(nanoseconds: !overflows ? sum : duration < .zero ? .min : .max)
    }

    static func - (first: Self, second: Self) -> Duration {
        .nanoseconds(first.nanoseconds) - .nanoseconds(second.nanoseconds)
    }

    static func < (first: Self, second: Self) -> Bool { first.nanoseconds < second.nanoseconds }
}

extension Duration {
    /// Cut to what 64 bits hold: 292 years.
    var nanoseconds: Int64 {
        // Before they are taken apart: the seconds alone may be more than 64 bits hold.
        if self >= .nanoseconds(Int64.max) { return .max }
        if self <= .nanoseconds(Int64.min) { return .min }
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
