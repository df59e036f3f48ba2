import Synchronization

/// What all clients have seen, for the checker. Equal bodies share their bytes.
final class History: Sendable {
    private let keys = Mutex<[KeyHistory]>([])

    /// A new key.
    /// - Parameter makeOperation: gets the operation's number.
    func add(_ makeOperation: (Int) -> Operation) -> Operation {
        keys.withLock { keys in
            let operation = makeOperation(keys.count)
            keys.append(KeyHistory(operation: operation))
            return operation
        }
    }

    func note(_ attempt: Attempt, of operation: Operation) {
        keys.withLock { $0[operation.number].attempts.append(attempt.sharing($0[operation.number].attempts.first)) }
    }

    func operation(_ number: Int) -> Operation { keys.withLock { $0[number].operation } }

    var all: [KeyHistory] { keys.withLock { $0 } }

    /// How many keys, and how many requests.
    var counts: (keys: Int, requests: Int) {
        keys.withLock { ($0.count, $0.reduce(0) { $0 + $1.attempts.count }) }
    }
}

extension Attempt {
    /// The same, with the other's body if it is equal: most answers of one key are.
    fileprivate func sharing(_ other: Attempt?) -> Attempt {
        guard let answer, let known = other?.answer, answer.body == known.body else { return self }
        return Attempt(
            client: client, isOtherBody: isOtherBody, begin: begin, end: end,
            result: .answered(
                Answer(status: answer.status, problem: answer.problem, body: known.body, isReplay: answer.isReplay)))
    }
}
