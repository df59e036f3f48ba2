internal import DequeModule

/// What the pool decides, apart from doing it: events in, actions out. Generic, so that its table of tests needs no server.
struct PoolState<Connection: AnyObject> {
    /// Identifies one caller in the queue.
    typealias WaiterID = UInt64

    enum Acquired {
        case lease(Connection)
        /// Queue; and open one more connection when told so.
        case wait(WaiterID, open: Bool)
        case refused
    }

    enum Placed {
        case hand(Connection, to: WaiterID)
        case park(Connection)
        case close(Connection)
    }

    let maximum: Int
    private(set) var idle: [Connection] = []
    private(set) var leased = 0
    private(set) var opening = 0
    private(set) var waiters: Deque<WaiterID> = []
    private(set) var isClosed = false
    private var lastWaiterID: WaiterID = 0

    init(maximum: Int) { self.maximum = maximum }

    var openConnections: Int { idle.count + leased + opening }

    /// Somebody wants a connection. The most recently used one is the warmest.
    mutating func acquire() -> Acquired {
        if isClosed { return .refused }
        if waiters.isEmpty, let connection = idle.popLast() {
            leased += 1
            return .lease(connection)
        }
        lastWaiterID += 1
        waiters.append(lastWaiterID)
        return .wait(lastWaiterID, open: openOneMore())
    }

    /// A connection was opened.
    mutating func opened(_ connection: Connection) -> Placed {
        opening -= 1
        return place(connection)
    }

    /// No connection could be opened. Returns the waiters to fail: all of them when no other connection can still serve
    /// them, none otherwise.
    mutating func openFailed() -> [WaiterID] {
        opening -= 1
        if leased > 0 || opening > 0 { return [] }
        defer { waiters.removeAll() }
        return Array(waiters)
    }

    /// A clean connection came back.
    mutating func released(_ connection: Connection) -> Placed {
        leased -= 1
        return place(connection)
    }

    /// A leased connection ended. Returns whether to open another for those who wait.
    mutating func discardedLeased() -> Bool {
        leased -= 1
        return openOneMore()
    }

    /// An idle connection ended by itself. One that is not idle is reported when it comes back.
    mutating func ended(_ connection: Connection) {
        idle.removeAll { $0 === connection }
    }

    /// A waiter's deadline passed or its task was cancelled. False when it has been served already.
    mutating func leave(_ waiter: WaiterID) -> Bool {
        guard let index = waiters.firstIndex(of: waiter) else { return false }
        waiters.remove(at: index)
        return true
    }

    /// Returns the waiters to fail and the connections to close.
    mutating func close() -> (waiters: [WaiterID], connections: [Connection]) {
        isClosed = true
        defer {
            waiters.removeAll()
            idle.removeAll()
        }
        return (Array(waiters), idle)
    }

    private mutating func place(_ connection: Connection) -> Placed {
        if isClosed { return .close(connection) }
        if let waiter = waiters.popFirst() {
            leased += 1
            return .hand(connection, to: waiter)
        }
        idle.append(connection)
        return .park(connection)
    }

    /// One opening for each waiter that no opening serves yet.
    private mutating func openOneMore() -> Bool {
        guard !isClosed, opening < waiters.count, openConnections < maximum else { return false }
        opening += 1
        return true
    }
}
