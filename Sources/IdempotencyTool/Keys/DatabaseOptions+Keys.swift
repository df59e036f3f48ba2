import Idempotency
import LibPQ

extension DatabaseOptions {
    /// Runs `body` with the stored keys of the database. Poolers do no harm.
    func withKeys<T>(_ body: (KeyInventory) async throws -> T) async throws -> T {
        try await withConnection(configure: { $0.adaptToTransactionPooling() }) { connection in
            do {
                return try await body(KeyInventory(connection))
            } catch let error as PostgresError {
                throw LedgerFailure(cause: error)
            }
        }
    }
}

/// What the database says of its keys when it cannot tell of them, in words that help.
struct LedgerFailure: Error, CustomStringConvertible {
    let cause: PostgresError

    var description: String {
        switch cause.sqlState {
        case "3F000", "42P01", "42703":
            "the table idempotency.keys is missing or of an earlier version: run idempotency migrate up"
        case .lockNotAvailable:
            "another session holds what is needed for longer than this tool waits; try again"
        default:
            "the database refused: \(cause.message)"
        }
    }
}
