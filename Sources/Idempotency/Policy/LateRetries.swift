/// What becomes of a retry that comes when its key's retention is over.
public enum LateRetries: Sendable, Hashable {
    /// It is a new request: the work runs.
    case reexecute

    /// It is refused (HTTP 410), and the work does not run.
    ///
    /// A key that is a UUIDv7 (RFC 9562 section 5.7) carries its age: one that is older than the retention is refused although
    /// nothing is stored about it. Of any other key a tombstone, which holds its hash and nothing else, is kept for `remember`,
    /// counted from the end of the retention; 30 days by default. After that it is new.
    ///
    /// Which of the two is written into the key's row when it is claimed: a policy that is changed later holds for keys that are used
    /// from then on. A key that was stored is replayed until its retention is over, however old a UUIDv7 says it is.
    case refuse(remember: Duration = .hours(24 * 30))
}
