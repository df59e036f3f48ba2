import Synchronization

@testable import Idempotency

/// What is known of some keys from outside, while they are worked on and asked about.
final class Course: Sendable {
    /// How the work with a key ends, each time that it runs.
    enum Ending: String, CaseIterable {
        case commit, fail, refuse

        init(of key: String) { self = Self.allCases.first { key.hasPrefix($0.rawValue) } ?? .fail }
    }

    struct Refusal: Error {}

    /// Of a key; the number tells one run of the work from the next.
    enum Phase: Hashable {
        /// The work does not run; whether its outcome is committed is not known yet, or it is not.
        case idle
        case working(run: Int)
        case committed
    }

    private struct State {
        var phases: [String: Phase] = [:]
        var runs = 0
        var asked: Set<String> = []
        var next = 0
        var isOver = false
        var mistakes: [String] = []
        var askedWhileWorking = 0
    }

    let keys: [String]
    private let state = Mutex(State())

    /// - Parameter keys: how many with each ending.
    init(keys: Int) { self.keys = (1...keys).flatMap { number in Ending.allCases.map { "\($0)-\(number)" } } }

    var mistakes: [String] { state.withLock { $0.mistakes } }
    /// How often a key was asked about while its work ran from before the question until after the answer.
    var askedWhileWorking: Int { state.withLock { $0.askedWhileWorking } }

    // MARK: Clients

    func begin(_ key: String) {
        state.withLock { state in
            state.runs += 1
            state.phases[key] = .working(run: state.runs)
            state.asked.remove(key)
        }
    }

    func end(_ key: String) { state.withLock { $0.phases[key] = .idle } }

    func committed(_ key: String) { state.withLock { $0.phases[key] = .committed } }

    /// Whether the key's work has been seen running.
    func wasAsked(_ key: String) -> Bool { state.withLock { $0.asked.contains(key) } }

    func finish() { state.withLock { $0.isOver = true } }

    // MARK: Askers

    /// Each key in turn, until the course is over.
    func keyToAsk() -> String? {
        state.withLock { state in
            state.next += 1
            return state.isOver ? nil : keys[state.next % keys.count]
        }
    }

    func phase(of key: String) -> Phase { state.withLock { $0.phases[key] ?? .idle } }

    /// Judges an answer, as far as what was so from before the question until now makes it certain.
    func check(_ key: String, before: Phase, _ status: KeyStatus?) {
        state.withLock { state in
            guard state.phases[key] ?? .idle == before else { return }
            let isRight =
                switch before {
                case .idle: status?.isDone != true || Ending(of: key) != .fail
                case .working: status == .inProgress
                case .committed: status?.isDone == true
                }
            if !isRight { state.mistakes.append("\(before): \(String(describing: status))") }
            if case .working = before {
                state.askedWhileWorking += 1
                state.asked.insert(key)
            }
        }
    }
}

extension KeyStatus {
    var isDone: Bool { if case .done = self { true } else { false } }
}

extension Idempotency {
    func status(of request: KeyedRequest) async throws -> KeyStatus? {
        try await status(scope: request.scope, key: IdempotencyKey(parsing: request.key))
    }
}
