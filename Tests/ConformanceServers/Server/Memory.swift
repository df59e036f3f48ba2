import Foundation

/// A server's database.
actor Memory {
    private struct Entry {
        var fingerprint: String
        /// Nil while the request runs.
        var answer: StoredAnswer?
        var expires: ContinuousClock.Instant
        /// The same, in seconds since 1970.
        var expiresAt: Int
    }

    enum Claim: Sendable {
        case claimed
        case replay(StoredAnswer)
        case mismatch
        case inFlight
    }

    private var keys: [String: Entry] = [:]
    private var payments: [(principal: String, reference: String)] = []
    private var failed: Set<String> = []
    private var requests = 0
    private let window: Duration
    private let told: Duration
    private let capacity: Int

    /// - Parameters:
    ///   - told: what the answers say; nil: the truth.
    ///   - capacity: how many keys are kept, the latest ones.
    init(window: Duration = .seconds(86_400), told: Duration? = nil, capacity: Int = .max) {
        self.window = window
        self.capacity = capacity
        self.told = told ?? window
    }

    /// Takes the key, or says why not. One step: nobody comes between.
    func claim(_ id: String, fingerprint: String) -> Claim {
        let found = look(at: id, fingerprint: fingerprint)
        if case .claimed = found { insert(id, fingerprint: fingerprint) }
        return found
    }

    /// What a claim would say.
    func look(at id: String, fingerprint: String) -> Claim {
        guard let entry = keys[id], entry.expires > .now else { return .claimed }
        guard entry.fingerprint == fingerprint else { return .mismatch }
        return entry.answer.map(Claim.replay) ?? .inFlight
    }

    func insert(_ id: String, fingerprint: String) {
        if keys.count >= capacity, let oldest = keys.min(by: { $0.value.expires < $1.value.expires }) {
            keys[oldest.key] = nil
        }
        keys[id] = Entry(
            fingerprint: fingerprint, expires: .now + window,
            expiresAt: Int(Date().timeIntervalSince1970) + Int(told.components.seconds))
    }

    /// Seconds since 1970.
    func expires(_ id: String) -> Int? { keys[id]?.expiresAt }

    func store(_ answer: StoredAnswer, for id: String) {
        keys[id]?.answer = answer
    }

    func free(_ id: String) {
        keys[id] = nil
    }

    /// - Returns: how many there have been.
    func countRequest() -> Int {
        requests += 1
        return requests
    }

    /// - Returns: the payment's number.
    func pay(_ order: Order, by principal: String) -> Int {
        payments.append((principal, order.reference))
        return payments.count
    }

    /// Whether it fails now: once for each reference.
    func fails(_ order: Order) -> Bool {
        order.fail == true && failed.insert(order.reference).inserted
    }

    func count(_ reference: String, of principal: String) -> Int {
        payments.count { $0.principal == principal && $0.reference == reference }
    }
}
