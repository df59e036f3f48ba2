import LibPQ
import Synchronization

/// What a handler should not do: keep its transaction.
final class KeptTransaction: Sendable {
    private let state = Mutex<PostgresTransaction?>(nil)

    var transaction: PostgresTransaction? { state.withLock { $0 } }

    func keep(_ transaction: PostgresTransaction) {
        state.withLock { $0 = transaction }
    }
}
