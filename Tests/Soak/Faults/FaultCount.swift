import Synchronization

/// What has happened, by kind.
final class FaultCount: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func add(_ kind: String) { counts.withLock { $0[kind, default: 0] += 1 } }

    var byKind: [String: Int] { counts.withLock { $0 } }
    var total: Int { counts.withLock { $0.values.reduce(0, +) } }
}
