extension PostgresConnection {
    /// A caller that waits for notifications.
    struct NotificationWaiter {
        let id: UInt64
        let continuation: UnsafeContinuation<PostgresError?, Never>
    }

    /// Notifications that have arrived, or else the first to arrive. For one caller at a time.
    ///
    /// - Returns: them, and how many more had come that were not kept.
    /// - Throws: `cancelled`; or why the connection has ended.
    func nextNotifications() async throws(PostgresError) -> (notifications: [PostgresNotification], dropped: Int) {
        while notificationInbox.isEmpty {
            if handle == nil { throw closeReason ?? PostgresError(.connectionClosed, "the connection is closed") }
            if Task.isCancelled { throw Self.cancelledListening }
            precondition(notificationWaiter == nil, "two callers wait for the notifications of one connection")
            lastNotificationWaiterID += 1
            let id = lastNotificationWaiterID
            let failure = await withTaskCancellationHandler {
                await withUnsafeContinuation { (continuation: UnsafeContinuation<PostgresError?, Never>) in
                    // The calls on the way here may have let others in, who had nobody to tell.
                    if Task.isCancelled || handle == nil || !notificationInbox.isEmpty {
                        continuation.resume(returning: nil)
                    } else {
                        notificationWaiter = NotificationWaiter(id: id, continuation: continuation)
                    }
                }
            } onCancel: {
                Task { await self.cancelNotificationWaiter(id) }
            }
            if let failure { throw failure }
        }
        return notificationInbox.take()
    }

    /// Takes what libpq has parsed, and tells who waits.
    func collectNotifications() {
        while let notification = handle?.nextNotification() { notificationInbox.append(notification) }
        if !notificationInbox.isEmpty { resumeNotificationWaiter(nil) }
    }

    func resumeNotificationWaiter(_ failure: PostgresError?) {
        notificationWaiter?.continuation.resume(returning: failure)
        notificationWaiter = nil
    }

    private func cancelNotificationWaiter(_ id: UInt64) {
        if notificationWaiter?.id == id { resumeNotificationWaiter(Self.cancelledListening) }
    }

    private static var cancelledListening: PostgresError {
        PostgresError(.cancelled, "the calling task was cancelled while it waited for notifications")
    }
}
