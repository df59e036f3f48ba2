/// Which statements the server has prepared for this connection: a bounded least-recently-used table.
///
/// A value type that decides; ``PostgresConnection`` sends what it says.
struct StatementCache {
    /// A statement, and the types of its parameters: another type makes it another statement.
    struct Key: Hashable {
        private let text: StatementText
        private let parameters: [PostgresBindings.Parameter]

        init(sql: String, parameters: [PostgresBindings.Parameter]) {
            text = StatementText(sql)
            self.parameters = parameters
        }

        static func == (first: Self, second: Self) -> Bool {
            first.text == second.text && first.parameters.elementsEqual(second.parameters) { $0.type == $1.type }
        }

        // Few statements come with different types.
        func hash(into hasher: inout Hasher) { text.hash(into: &hasher) }
    }

    /// How to send one statement.
    enum Plan: Equatable {
        /// It is prepared: bind and execute by name.
        case execute(name: String)
        /// Prepare it under this name first.
        case prepare(name: String)
        /// There is no place for it: parse it each time.
        case unnamed
    }

    private struct Entry {
        var name: String
        var lastUse: UInt64
    }

    /// The largest number of prepared statements. 0 turns the cache off, for poolers that move a client between servers.
    let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var useCount: UInt64 = 0
    private var nameCount: UInt64 = 0
    /// Names to DEALLOCATE at the begin of the next flush outside of a transaction.
    private(set) var evicted: [String] = []

    private let prefix: String

    /// - Parameter prefix: what names begin with. Random by default, because a pooler may put two clients on one server
    ///   session: were their names the same, each would run the other's statements and not notice.
    init(capacity: Int, prefix: String = "libpq_" + String(UInt32.random(in: .min ... .max), radix: 36)) {
        self.capacity = capacity
        self.prefix = prefix
    }

    var count: Int { entries.count }

    /// Says how to send a statement, and counts it as prepared from now on. Call ``forget(_:)`` if preparing it fails.
    mutating func plan(_ key: Key) -> Plan {
        if capacity == 0 { return .unnamed }
        useCount += 1
        if let index = entries.index(forKey: key) {
            entries.values[index].lastUse = useCount
            return .execute(name: entries.values[index].name)
        }
        // What is evicted stays on the server as long as a transaction does, which must not fill its memory.
        if entries.count >= capacity, evicted.count >= capacity { return .unnamed }
        if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            evicted.append(oldest.value.name)
        }
        nameCount += 1
        let name = "\(prefix)_\(nameCount)"  // never used twice, so that a failed DEALLOCATE cannot make two collide
        entries[key] = Entry(name: name, lastUse: useCount)
        return .prepare(name: name)
    }

    /// Takes the names that are to be deallocated.
    mutating func takeEvicted() -> [String] {
        defer { evicted.removeAll() }
        return evicted
    }

    /// A DEALLOCATE was skipped; it is sent again with the next flush.
    mutating func keepEvicted(_ name: String) { evicted.append(name) }

    /// The server does not have this statement, or no longer in a usable form.
    mutating func forget(_ key: Key) { entries[key] = nil }

    /// The statement exists but its plan is stale (0A000): drop it on the server, too.
    mutating func evict(_ key: Key) {
        if let entry = entries.removeValue(forKey: key) { evicted.append(entry.name) }
    }

    /// After DISCARD ALL or DEALLOCATE ALL.
    mutating func removeAll() {
        entries.removeAll()
        evicted.removeAll()
    }
}
