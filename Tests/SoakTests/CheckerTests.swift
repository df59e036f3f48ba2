import Testing

@testable import Soak

/// Wrong histories and wrong rows, one at a time, against a good one.
@Suite("The checker")
struct CheckerTests {
    /// What clients saw and what the database has, to be spoilt.
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let kinds: Set<Violation.Kind>
        let spoil: @Sendable (inout [KeyHistory], inout Books) -> Void

        init(
            _ description: String, _ kinds: Set<Violation.Kind>,
            _ spoil: @escaping @Sendable (inout [KeyHistory], inout Books) -> Void
        ) {
            self.description = description
            self.kinds = kinds
            self.spoil = spoil
        }
    }

    // MARK: A good run

    private static let paid = #"{"id":"p0"}"#
    private static let refunded = #"{"id":"r0"}"#
    private static let declined = #"{"title":"Balance is too small"}"#
    private static let tooLarge = #"{"title":"Refund is too large"}"#

    private static func attempt(
        _ status: Int, _ body: String, at second: Int, problem: String? = nil, replayed: Bool = false,
        other: Bool = false
    ) -> Attempt {
        Attempt(
            client: "1.1", isOtherBody: other, begin: .seconds(second), end: .seconds(second + 1),
            result: .answered(Attempt.Answer(status: status, problem: problem, body: body, isReplay: replayed)))
    }

    /// Key 0 pays 100 from account 1, after trouble; 1 is declined; 2 refunds 30 of it; 3 would refund too much.
    private static let keys: [KeyHistory] = {
        let works: [Operation.Work] = [
            .payment(account: 1, amount: 100, isFromSmallAccount: false),
            .payment(account: 2, amount: 500, isFromSmallAccount: true),
            .refund(payment: "p0", amount: 30), .refund(payment: "p0", amount: 90),
        ]
        var keys = works.enumerated().map { KeyHistory(operation: Operation(number: $0, work: $1)) }
        keys[0].attempts = [
            Attempt(client: "1.1", begin: .zero, end: .seconds(1), result: .failed("reset")),
            Attempt(client: "1.2", begin: .zero, end: .seconds(1), result: .hungUp),
            attempt(503, "", at: 2, problem: "outcome-unknown"), attempt(409, "", at: 2, problem: "in-flight"),
            attempt(201, paid, at: 4), attempt(201, paid, at: 4, replayed: true),
            attempt(201, paid, at: 6, replayed: true),
            attempt(422, "", at: 6, problem: "mismatch", other: true),
            attempt(409, "", at: 6, problem: "in-flight", other: true),
        ]
        keys[1].attempts = [attempt(402, declined, at: 0, problem: "insufficient-balance")]
        keys[2].attempts = [attempt(201, refunded, at: 6)]
        keys[3].attempts = [attempt(409, tooLarge, at: 6, problem: "refund-too-large")]
        return keys
    }()

    private static let books: Books = {
        var books = Books()
        books.payments = [Books.Payment(id: "p0", account: 1, amount: 100, reference: "order-0")]
        books.refunds = [Books.Refund(id: "r0", payment: "p0", amount: 30)]
        books.accounts = [
            Books.Account(id: 1, opening: 1000, balance: 930), Books.Account(id: 2, opening: 50, balance: 50),
        ]
        books.stored = [
            "soak-0": Books.StoredKey(status: 201, body: paid), "soak-1": Books.StoredKey(status: 402, body: declined),
            "soak-2": Books.StoredKey(status: 201, body: refunded),
            "soak-3": Books.StoredKey(status: 409, body: tooLarge),
        ]
        return books
    }()

    @Test("finds nothing wrong with a good run, whatever trouble its clients had")
    func good() {
        #expect(Checker(Self.keys, Self.books).check() == [])
    }

    // MARK: Bad ones

    static let cases: [Case] = [
        Case("a payment twice, and paid twice", [.effectTwice]) { _, books in
            books.payments.append(Books.Payment(id: "p9", account: 1, amount: 100, reference: "order-0"))
            books.setBalance(830, of: 1)
        },
        Case("an acknowledged payment that is lost", [.effectLost]) { keys, books in
            keys.removeLast(2)
            books.payments = []
            books.refunds = []
            books.stored = books.stored.filter { ["soak-0", "soak-1"].contains($0.key) }
            books.setBalance(1000, of: 1)
        },
        Case("another payment than the acknowledged one", [.effectDiffers]) { keys, books in
            keys.removeLast(2)
            books.payments = [Books.Payment(id: "p9", account: 1, amount: 100, reference: "order-0")]
            books.refunds = []
            books.stored = books.stored.filter { ["soak-0", "soak-1"].contains($0.key) }
            books.setBalance(900, of: 1)
        },
        Case("a payment of another amount", [.effectDiffers]) { _, books in
            books.payments = [Books.Payment(id: "p0", account: 1, amount: 101, reference: "order-0")]
            books.setBalance(929, of: 1)
        },
        Case("a payment from another account, whose refund is lost", [.effectDiffers, .effectLost]) { _, books in
            books.payments = [Books.Payment(id: "p0", account: 2, amount: 20, reference: "order-0")]
            books.refunds = []
            books.setBalance(1000, of: 1)
            books.setBalance(30, of: 2)
        },
        Case("an answer without an id", [.answersDiffer, .effectDiffers, .outcomeDiffers]) { keys, _ in
            keys[0].attempts.insert(attempt(201, "{}", at: 4), at: 0)
        },
        Case("a declined payment that was made", [.effectOfRefusal]) { _, books in
            books.payments.append(Books.Payment(id: "p9", account: 2, amount: 500, reference: "order-1"))
            books.accounts[1] = Books.Account(id: 2, opening: 550, balance: 50)
        },
        Case("a payment that nobody asked for", [.effectStray]) { _, books in
            books.payments.append(Books.Payment(id: "p9", account: 1, amount: 10, reference: "order-99"))
            books.setBalance(920, of: 1)
        },
        Case("a payment without reference", [.effectStray]) { _, books in
            books.payments.append(Books.Payment(id: "p9", account: 1, amount: 10, reference: nil))
            books.setBalance(920, of: 1)
        },
        Case("a refund twice", [.effectStray]) { _, books in
            books.refunds.append(Books.Refund(id: "r9", payment: "p0", amount: 30))
            books.setBalance(960, of: 1)
        },
        Case("an acknowledged refund that is lost", [.effectLost]) { _, books in
            books.refunds = []
            books.setBalance(900, of: 1)
        },
        Case("a refund of another amount", [.effectDiffers]) { _, books in
            books.refunds = [Books.Refund(id: "r0", payment: "p0", amount: 31)]
            books.setBalance(931, of: 1)
        },
        Case("refunds over the payment", [.refundedTooMuch, .effectStray]) { _, books in
            books.refunds.append(Books.Refund(id: "r9", payment: "p0", amount: 90))
            books.setBalance(1020, of: 1)
        },
        Case("two statuses for one key", [.answersDiffer, .effectOfRefusal]) { keys, books in
            books.payments.append(Books.Payment(id: "p9", account: 2, amount: 500, reference: "order-1"))
            books.accounts[1] = Books.Account(id: 2, opening: 550, balance: 50)
            keys[1].attempts.append(attempt(201, #"{"id":"p9"}"#, at: 0))
        },
        Case("other bytes in a replay", [.answersDiffer]) { keys, _ in
            keys[2].attempts.append(attempt(201, #"{"id": "r0"}"#, at: 8, replayed: true))
        },
        Case("a later answer that is no replay", [.ranAgain]) { keys, _ in
            keys[1].attempts.append(attempt(402, declined, at: 8, problem: "insufficient-balance"))
        },
        Case("a key without an answer", [.unanswered]) { keys, books in
            keys[3].attempts = [attempt(409, "", at: 0, problem: "in-flight"), attempt(503, "", at: 3)]
            books.stored["soak-3"] = nil
        },
        Case("a key that nobody got to send", [.unanswered]) { keys, books in
            keys[3].attempts = []
            books.stored["soak-3"] = nil
        },
        Case("a 500", [.unexpectedAnswer]) { keys, books in
            keys[3].attempts = [attempt(500, "", at: 0)]
            books.stored["soak-3"] = nil
        },
        Case("a 402 from an account that has enough", [.unexpectedAnswer, .answersDiffer, .effectOfRefusal]) {
            keys, _ in
            keys[0].attempts.append(attempt(402, declined, at: 4, problem: "insufficient-balance"))
        },
        Case("a mismatch for the right body", [.unexpectedAnswer]) { keys, books in
            keys[3].attempts = [attempt(422, "", at: 0, problem: "mismatch")]
            books.stored["soak-3"] = nil
        },
        Case("another body that gets the first one's answer", [.otherBodyAccepted]) { keys, _ in
            keys[0].attempts.append(attempt(201, paid, at: 8, replayed: true, other: true))
        },
        Case("a balance that is one off", [.booksUnbalanced]) { _, books in
            books.setBalance(931, of: 1)
        },
        Case("an outcome that is not in the ledger", [.outcomeMissing]) { _, books in
            books.stored["soak-1"] = nil
        },
        Case("a key in the ledger without outcome", [.outcomeDiffers]) { _, books in
            books.stored["soak-0"] = Books.StoredKey(status: nil, body: "")
        },
        Case("another body in the ledger", [.outcomeDiffers]) { _, books in
            books.stored["soak-2"] = Books.StoredKey(status: 201, body: paid)
        },
        Case("a key in the ledger that nobody sent", [.outcomeStray]) { _, books in books.strayKeys = 1 },
        Case("a session in a transaction", [.transactionLeft]) { _, books in books.openTransactions = 1 },
    ]

    @Test("finds", arguments: cases)
    func bad(_ bad: Case) {
        var (keys, books) = (Self.keys, Self.books)
        bad.spoil(&keys, &books)
        let violations = Checker(keys, books).check()
        #expect(Set(violations.map(\.kind)) == bad.kinds, "\(violations)")
    }

    @Test("has a case for every kind of violation but those of the processes, which need no checking")
    func complete() {
        let covered = Self.cases.reduce(into: Set<Violation.Kind>()) { $0.formUnion($1.kinds) }
        #expect(covered.union([.serviceFailed, .nothingTested]) == Set(Violation.Kind.allCases))
    }

    @Test("names the key whose story shows what happened")
    func timeline() throws {
        var books = Self.books
        books.stored["soak-0"] = nil
        let violations = Checker(Self.keys, books).check()
        let operation = try #require(violations.first?.operations.first)
        let timeline = Self.keys[operation].timeline
        for part in [
            "soak-0: payment of 100 from account 1", "hung up", "no answer: reset", "503 outcome-unknown",
            "201 replayed",
        ] {
            #expect(timeline.contains(part))
        }
    }
}

extension Books {
    fileprivate mutating func setBalance(_ balance: Int64, of id: Int64) {
        accounts = accounts.map {
            $0.id == id ? Account(id: id, opening: $0.opening, balance: balance) : $0
        }
    }
}
