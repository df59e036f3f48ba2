/// What ``expectIdempotent(migrations:ignoring:server:prepare:_:)`` has tried, for whoever wants to know that it was not nothing.
public struct InjectionReport: Sendable, Hashable {
    /// The cuts that happened, in order. The request survived all of them.
    public internal(set) var cuts: [ConnectionCut] = []
    /// The cuts whose statement did not come again: one of a background service, or one with changing text.
    public internal(set) var missed: [ConnectionCut] = []
}
