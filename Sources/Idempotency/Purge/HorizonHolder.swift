/// Who keeps vacuum from removing rows that died after its snapshot, as far as the database shows it. No query's text is in it.
struct HorizonHolder: Sendable, Hashable {
    /// What and which: `session 4711`, `prepared transaction` and its name, `replication slot` and its name.
    var name: String
    /// Of a session, in the words of `pg_stat_activity`; nil when it is hidden or there is none.
    var state: String?
    /// The oldest transaction ID that it may still have to see. It stays the same while the same snapshot is held.
    var xid: String
    /// For how long, as far as the database says; nil when that is hidden or not recorded.
    var heldFor: Duration?
    /// When it was looked at: the database's time since 1970.
    var seenAt: Duration
}
