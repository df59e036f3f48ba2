internal import DequeModule

/// Notifications that have arrived and that nobody has asked for yet.
struct NotificationInbox {
    /// So many that a reader may be slow for a while, and few enough to be held in memory: 80 MB at their longest.
    static let capacity = 10_000

    private var notifications: Deque<PostgresNotification> = []
    private var dropped = 0

    var isEmpty: Bool { notifications.isEmpty && dropped == 0 }

    /// Keeps the newest.
    mutating func append(_ notification: PostgresNotification) {
        if notifications.count == Self.capacity {
            notifications.removeFirst()
            dropped += 1
        }
        notifications.append(notification)
    }

    /// Takes all, and how many were dropped before them.
    mutating func take() -> (notifications: [PostgresNotification], dropped: Int) {
        defer {
            notifications.removeAll()
            dropped = 0
        }
        return (Array(notifications), dropped)
    }
}
