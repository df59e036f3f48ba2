/// Compares what the clients were told with what is in the database. Pure: rows and answers in, violations out.
struct Checker {
    private let keys: [KeyHistory]
    private let books: Books
    private let paymentsByReference: [String: [Books.Payment]]
    private let refundsByID: [String: Books.Refund]

    /// - Parameters:
    ///   - keys: of every key; an operation's number is its index.
    ///   - books: read when every request had ended.
    init(_ keys: [KeyHistory], _ books: Books) {
        self.keys = keys
        self.books = books
        paymentsByReference = Dictionary(grouping: books.payments) { $0.reference ?? "" }
        refundsByID = Dictionary(books.refunds.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Everything that is wrong, key by key, then account by account.
    func check() -> [Violation] {
        var violations: [Violation] = []
        for key in keys {
            violations += answers(of: key) + outcome(of: key)
            switch key.operation.work {
            case .payment: violations += payment(of: key)
            case .refund: violations += refund(of: key)
            }
        }
        return violations + strays() + sums() + rest()
    }

    // MARK: Answers

    private func answers(of key: KeyHistory) -> [Violation] {
        var violations: [Violation] = []
        func report(_ kind: Violation.Kind, _ explanation: String) {
            violations.append(Violation(kind: kind, operations: [key.operation.number], explanation: explanation))
        }
        let finals = key.finals
        if let first = finals.first?.answer,
            let other = finals.first(where: { $0.answer.status != first.status || $0.answer.body != first.body })?
                .answer
        {
            report(
                .answersDiffer,
                "\(key.operation.key): \(first.status) \(first.body), then \(other.status) \(other.body)")
        }
        if finals.isEmpty { report(.unanswered, key.operation.key) }
        if let wrong = finals.first(where: { !key.operation.finalStatuses.contains($0.answer.status) })?.answer {
            report(.unexpectedAnswer, "\(key.operation.key): \(wrong.status) \(wrong.body)")
        }
        if let firstEnd = finals.map(\.attempt.end).min(),
            finals.contains(where: { $0.attempt.begin > firstEnd && !$0.answer.isReplay })
        {
            report(
                .ranAgain, "\(key.operation.key): sent again after an answer, and the answer is not marked as replayed")
        }
        for attempt in key.attempts where attempt.isOtherBody {
            guard let answer = attempt.answer, !answer.saysRetry else { continue }
            if answer.status != 422 || answer.problem != "mismatch" {
                report(.otherBodyAccepted, "\(key.operation.key): \(answer.status) \(answer.body)")
            }
        }
        return violations
    }

    // MARK: The ledger

    private func outcome(of key: KeyHistory) -> [Violation] {
        guard let answer = key.finals.first?.answer, key.operation.finalStatuses.contains(answer.status) else {
            return []
        }
        let name = key.operation.key
        guard let stored = books.stored[name] else {
            return [Violation(kind: .outcomeMissing, operations: [key.operation.number], explanation: name)]
        }
        if stored.status == answer.status, stored.body == answer.body { return [] }
        let status = stored.status.map(String.init) ?? "no status"
        return [
            Violation(
                kind: .outcomeDiffers, operations: [key.operation.number],
                explanation: "\(name): \(status) \(stored.body)")
        ]
    }

    // MARK: Effects

    /// The ids that were acknowledged: one, if all is well.
    private func acknowledged(_ key: KeyHistory) -> Set<String> {
        Set(
            key.finals.compactMap { _, answer in
                answer.status == 201 ? answer.identifier ?? "(none in \(answer.body))" : nil
            })
    }

    private func payment(of key: KeyHistory) -> [Violation] {
        guard case .payment(let account, let amount, _) = key.operation.work else { return [] }
        var violations: [Violation] = []
        func report(_ kind: Violation.Kind, _ explanation: String) {
            violations.append(
                Violation(
                    kind: kind, operations: [key.operation.number], explanation: "\(key.operation.key): \(explanation)")
            )
        }
        let rows = paymentsByReference[key.operation.reference] ?? []
        let ids = Set(rows.map(\.id))
        if rows.count > 1 { report(.effectTwice, "payments \(ids.sorted().joined(separator: ", "))") }
        for row in rows where row.account != account || row.amount != amount {
            report(.effectDiffers, "payment \(row.id) is of \(row.amount) from account \(row.account)")
        }
        for id in acknowledged(key).subtracting(ids).sorted() {
            if ids.isEmpty {
                report(.effectLost, "payment \(id)")
            } else {
                report(
                    .effectDiffers,
                    "payment \(id) was acknowledged, and there is \(ids.sorted().joined(separator: ", "))")
            }
        }
        if let refusal = key.finals.first(where: { $0.answer.status != 201 })?.answer, let row = rows.first {
            report(.effectOfRefusal, "\(refusal.status), and there is payment \(row.id)")
        }
        return violations
    }

    private func refund(of key: KeyHistory) -> [Violation] {
        guard case .refund(let payment, let amount) = key.operation.work else { return [] }
        return acknowledged(key).sorted().compactMap { id in
            guard let row = refundsByID[id] else {
                return Violation(
                    kind: .effectLost, operations: [key.operation.number],
                    explanation: "\(key.operation.key): refund \(id)")
            }
            if row.payment == payment, row.amount == amount { return nil }
            return Violation(
                kind: .effectDiffers, operations: [key.operation.number],
                explanation: "\(key.operation.key): refund \(id) is of \(row.amount) of payment \(row.payment)")
        }
    }

    /// Effects that belong to no answer. A refund has no reference, so that a second one, or one of a refused request, shows here.
    private func strays() -> [Violation] {
        let references = Set(keys.filter(\.operation.isPayment).map(\.operation.reference))
        let payments = books.payments.filter { !references.contains($0.reference ?? "") }
        let answered = Set(keys.filter { !$0.operation.isPayment }.flatMap(acknowledged))
        let refunds = books.refunds.filter { !answered.contains($0.id) }
        return payments.map {
            Violation(
                kind: .effectStray, explanation: "payment \($0.id) of \($0.amount), reference \($0.reference ?? "none")"
            )
        }
            + refunds.map { refund in
                let suspects = keys.filter { $0.operation.isRefund(of: refund.payment) }.map(\.operation.number)
                return Violation(
                    kind: .effectStray, operations: suspects,
                    explanation: "refund \(refund.id) of \(refund.amount) of payment \(refund.payment)")
            }
    }

    // MARK: Sums

    private func sums() -> [Violation] {
        let paid = books.payments.reduce(into: [Int64: Int64]()) { $0[$1.account, default: 0] += $1.amount }
        let accountOf = Dictionary(books.payments.map { ($0.id, $0.account) }) { first, _ in first }
        let refunded = books.refunds.reduce(into: [Int64: Int64]()) { sums, refund in
            if let account = accountOf[refund.payment] { sums[account, default: 0] += refund.amount }
        }
        let unbalanced = books.accounts.compactMap { account -> Violation? in
            let (paid, refunded) = (paid[account.id] ?? 0, refunded[account.id] ?? 0)
            if account.balance == account.opening - paid + refunded { return nil }
            return Violation(
                kind: .booksUnbalanced,
                explanation:
                    "account \(account.id): \(account.balance) is not \(account.opening) - \(paid) + \(refunded)")
        }
        let refundsOf = books.refunds.reduce(into: [String: Int64]()) { $0[$1.payment, default: 0] += $1.amount }
        let tooMuch = books.payments.compactMap { payment -> Violation? in
            guard let sum = refundsOf[payment.id], sum > payment.amount else { return nil }
            let refunds = keys.filter { $0.operation.isRefund(of: payment.id) }.map(\.operation.number)
            return Violation(
                kind: .refundedTooMuch, operations: refunds,
                explanation: "payment \(payment.id): \(sum) of \(payment.amount)")
        }
        return unbalanced + tooMuch
    }

    private func rest() -> [Violation] {
        var violations: [Violation] = []
        if books.strayKeys > 0 { violations.append(Violation(kind: .outcomeStray, explanation: "\(books.strayKeys)")) }
        if books.openTransactions > 0 {
            violations.append(Violation(kind: .transactionLeft, explanation: "\(books.openTransactions)"))
        }
        return violations
    }
}

extension Operation {
    fileprivate var isPayment: Bool {
        if case .payment = work { true } else { false }
    }

    fileprivate func isRefund(of payment: String) -> Bool {
        if case .refund(payment, _) = work { true } else { false }
    }
}
