internal import CLibPQ

/// What happens to a connection between two leases.
extension PostgresConnection {
    /// Whether the connection may be leased to somebody else as it is.
    var isClean: Bool {
        handle?.transactionStatus == PQTRANS_IDLE && transaction == nil && !sessionChanged && openStream == nil
    }

    /// Makes the connection clean: ends an open transaction, resets the session. Closes it when that fails, or takes too long.
    func reset() async {
        if handle == nil { return }
        isResetting = true
        defer { isResetting = false }
        do throws(PostgresError) {
            let patience = Patience(uncancellableUntil: rollBackDeadline)
            try await endStream(cancelling: true, patience)
            try await enter(patience)
        } catch {
            return close()
        }
        defer { leave() }
        if transaction != nil { await sendRollback() }
        if sessionChanged, handle != nil {
            statements.removeAll()
            sessionChanged = false
            await sendAlone("DISCARD ALL")
        }
        notificationInbox = NotificationInbox()  // its LISTEN is gone
        if !isClean { close() }
    }
}
