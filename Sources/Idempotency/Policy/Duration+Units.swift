extension Duration {
    /// A duration of whole minutes.
    public static func minutes(_ minutes: some BinaryInteger) -> Duration {
        .seconds(Int64(minutes) * 60)
    }

    /// A duration of whole hours; a day is 24 of them.
    public static func hours(_ hours: some BinaryInteger) -> Duration {
        .seconds(Int64(hours) * 3600)
    }
}
