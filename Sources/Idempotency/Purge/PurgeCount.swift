/// What a purge did to keys whose retention is over.
struct PurgeCount: Sendable, Hashable {
    /// Deleted: nothing is left of them.
    var deleted = 0
    /// Turned into tombstones: a retry is still refused.
    var remembered = 0

    /// How many rows it changed.
    var total: Int { deleted + remembered }

    static func += (count: inout Self, other: Self) {
        count.deleted += other.deleted
        count.remembered += other.remembered
    }
}
