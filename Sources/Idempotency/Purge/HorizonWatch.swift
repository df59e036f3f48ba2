/// Decides when the oldest snapshot is worth a warning: holders in, for how long they have held it out.
struct HorizonWatch: Sendable {
    /// From when on it is worth one.
    let limit: Duration

    private var first: HorizonHolder?
    private var warned: Set<String> = []

    init(limit: Duration) { self.limit = limit }

    /// Takes note of who holds the oldest snapshot after a pass that removed keys.
    ///
    /// That pass took transaction IDs. If the oldest one is that of the last look, nothing could be vacuumed all the while,
    /// whoever is named for it now.
    ///
    /// - Returns: for how long, to the second, when that is too long; once for each holder.
    mutating func warning(about holder: HorizonHolder) -> Duration? {
        if first?.xid != holder.xid {
            first = holder
            warned = []
        }
        let seenFor = holder.seenAt - (first?.seenAt ?? holder.seenAt)
        let heldFor = max(holder.heldFor ?? .zero, seenFor)
        guard heldFor >= limit, warned.insert(holder.name).inserted else { return nil }
        return .seconds(heldFor.components.seconds)
    }
}
