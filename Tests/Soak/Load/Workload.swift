import Synchronization
import TestSupport

/// Draws the errands: new keys, most of them for several clients at once, and old keys again.
final class Workload: Sendable {
    private struct State {
        var random: SeededRandom
        /// Numbers of operations that have been answered, in that order.
        var completed: [Int] = []
        /// Payments that were acknowledged, for refunds.
        var payments: [(id: String, amount: Int64)] = []
    }

    private let history: History
    private let state: Mutex<State>

    init(seed: UInt64, history: History) {
        self.history = history
        state = Mutex(State(random: SeededRandom(seed: seed, part: 1)))
    }

    private enum Kind { case payment, smallPayment, refund, replay, otherBody }

    func next() -> Errand {
        state.withLock { state in
            let kind: Kind =
                state.payments.isEmpty
                ? .payment
                : state.random.choice([
                    (50, .payment), (8, .smallPayment), (17, .refund), (18, .replay), (7, .otherBody),
                ])
            switch kind {
            case .payment:
                let account = Int64.random(in: 1...SoakDatabase.large, using: &state.random)
                return new(.payment(account: account, amount: amount(&state), isFromSmallAccount: false), &state)
            case .smallPayment:
                let account = SoakDatabase.large + Int64.random(in: 1...SoakDatabase.small, using: &state.random)
                return new(.payment(account: account, amount: amount(&state), isFromSmallAccount: true), &state)
            case .refund:
                // Often of the latest ones, so that refunds of one payment meet, and often too much.
                let window = state.random.happens(0.5) ? state.payments.suffix(10) : state.payments[...]
                let payment = window[Int.random(in: window.indices, using: &state.random)]
                let amount = Int64.random(in: 1...payment.amount, using: &state.random)
                return new(.refund(payment: payment.id, amount: amount), &state)
            case .replay:
                return Errand(operation: old(&state), clients: Int.random(in: 1...2, using: &state.random))
            case .otherBody:
                return Errand(operation: old(&state), isOtherBody: true)
            }
        }
    }

    /// Draws keys that have been answered, for a last look: at most so many.
    func sample(_ count: Int) -> [Operation] {
        state.withLock { state in
            let numbers = Set(state.completed).shuffled(using: &state.random).prefix(count)
            let keys = history.all
            return numbers.map { keys[$0].operation }
        }
    }

    /// An operation got its answer.
    func completed(_ operation: Operation, _ answer: Attempt.Answer) {
        var payment: (String, Int64)?
        if case .payment(_, let amount, _) = operation.work, answer.status == 201, let id = answer.identifier {
            payment = (id, amount)
        }
        state.withLock { state in
            state.completed.append(operation.number)
            if let payment { state.payments.append(payment) }
        }
    }

    private func new(_ work: Operation.Work, _ state: inout State) -> Errand {
        let clients = state.random.choice([(1, 1), (3, 2), (3, 3), (1, 5)])
        return Errand(operation: history.add { Operation(number: $0, work: work) }, clients: clients)
    }

    private func old(_ state: inout State) -> Operation {
        history.operation(state.completed[Int.random(in: state.completed.indices, using: &state.random)])
    }

    private func amount(_ state: inout State) -> Int64 { Int64.random(in: 1...900, using: &state.random) }
}
