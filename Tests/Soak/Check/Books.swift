/// What the database says when everything is over.
struct Books: Sendable {
    struct Payment: Sendable {
        let id: String
        let account: Int64
        let amount: Int64
        let reference: String?
    }

    struct Refund: Sendable {
        let id: String
        let payment: String
        let amount: Int64
    }

    struct Account: Sendable {
        let id: Int64
        let opening: Int64
        let balance: Int64
    }

    /// A row of the ledger.
    struct StoredKey: Sendable {
        let status: Int?
        let body: String
    }

    var payments: [Payment] = []
    var refunds: [Refund] = []
    var accounts: [Account] = []
    /// By the key.
    var stored: [String: StoredKey] = [:]
    /// How many rows the ledger has for keys that nobody sent.
    var strayKeys = 0
    /// The service's sessions that are in a transaction although nobody asks for anything any more.
    var openTransactions = 0
}
