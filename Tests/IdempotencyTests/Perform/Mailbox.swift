import Synchronization

/// One value that one task leaves for another.
final class Mailbox<Value: Sendable>: Sendable {
    struct Empty: Error {}

    private let value = Mutex<Value?>(nil)

    func put(_ newValue: Value) {
        value.withLock { $0 = newValue }
    }

    func take() throws -> Value {
        guard let value = value.withLock({ $0 }) else { throw Empty() }
        return value
    }
}
