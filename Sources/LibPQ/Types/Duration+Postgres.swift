extension Duration: PostgresCodable, PostgresArrayElement {
    /// `interval`
    public static var postgresType: PostgresType { .interval }
    /// `interval[]`
    public static var postgresArrayType: PostgresType { .intervalArray }

    /// Reads an interval without months. A day is 24 hours, which is what the difference of two `timestamptz` means by it.
    ///
    /// - Throws: `decodingFailed` for an interval with months or years, whose length depends on a date.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard let exact = Duration(exactly: try PostgresInterval(from: cell)) else {
            throw cell.failure("an interval with months has no length")
        }
        self = exact
    }

    /// Writes microseconds, without days or months.
    ///
    /// - Throws: `encodingFailed` for a part of a microsecond, which would be lost (``PostgresInterval/init(rounding:)`` drops it), and
    ///   beyond 292,000 years.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        guard let interval = PostgresInterval(exactly: self) else {
            throw PostgresError(
                .encodingFailed, "a Duration parameter is not a whole number of microseconds within interval's range")
        }
        interval.encode(into: &buffer)
    }

    /// The same length, a day being 24 hours. Nil for an interval with months.
    public init?(exactly interval: PostgresInterval) {
        guard interval.months == 0 else { return nil }
        self = .seconds(Int64(interval.days) * 86_400) + .microseconds(interval.microseconds)
    }
}

extension PostgresInterval {
    /// The same length, in microseconds. Nil for a part of a microsecond and beyond 292,000 years.
    public init?(exactly duration: Duration) {
        guard Self.lengths.contains(duration) else { return nil }
        let (seconds, attoseconds) = duration.components
        guard attoseconds % Self.attosecondsPerMicrosecond == 0 else { return nil }
        self.init(seconds: seconds, microseconds: attoseconds / Self.attosecondsPerMicrosecond)
    }

    /// The nearest whole microsecond; what is measured with a clock has nanoseconds. Nil beyond 292,000 years.
    public init?(rounding duration: Duration) {
        guard Self.lengths.contains(duration) else { return nil }
        let (seconds, attoseconds) = duration.components
        let half = Self.attosecondsPerMicrosecond / 2 * (attoseconds < 0 ? -1 : 1)
        self.init(seconds: seconds, microseconds: (attoseconds + half) / Self.attosecondsPerMicrosecond)
    }

    /// What has a chance to fit. Longer ones cannot even be taken apart.
    private static let lengths = Duration.microseconds(Int64.min)...Duration.microseconds(Int64.max)

    private init?(seconds: Int64, microseconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = product.addingReportingOverflow(microseconds)
        if overflow || carry { return nil }
        self.init(microseconds: sum)
    }

    private static let attosecondsPerMicrosecond: Int64 = 1_000_000_000_000
}
