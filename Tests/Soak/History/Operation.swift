/// One thing that clients want done once: its key, and what they send with it.
struct Operation: Sendable, Hashable {
    /// What is asked for.
    enum Work: Sendable, Hashable {
        /// A payment from an account. From a small one it may be declined.
        case payment(account: Int64, amount: Int64, isFromSmallAccount: Bool)
        /// A refund of a payment that was acknowledged. It may be more than what is left.
        case refund(payment: String, amount: Int64)
    }

    /// From 0; names the operation in its key and its reference.
    let number: Int
    let work: Work

    var key: String { "soak-\(number)" }

    /// The payment's own name for the operation, by which its row is found.
    var reference: String { "order-\(number)" }

    var path: String {
        switch work {
        case .payment: "/payments"
        case .refund(let payment, _): "/payments/\(payment)/refunds"
        }
    }

    var body: String { body(surcharge: 0) }

    /// Another request than ``body``, which the key must refuse.
    var otherBody: String { body(surcharge: 1) }

    private func body(surcharge: Int64) -> String {
        switch work {
        case .payment(let account, let amount, _):
            #"{"account_id": \#(account), "amount": \#(amount + surcharge), "currency": "EUR", "reference": "\#(reference)"}"#
        case .refund(_, let amount):
            #"{"amount": \#(amount + surcharge)}"#
        }
    }

    /// The statuses that may be the answer for good; everything else is an error of the service, or says to try again.
    var finalStatuses: Set<Int> {
        switch work {
        case .payment(_, _, let isFromSmallAccount): isFromSmallAccount ? [201, 402] : [201]
        case .refund: [201, 409]
        }
    }
}

extension Operation: CustomStringConvertible {
    var description: String {
        switch work {
        case .payment(let account, let amount, _): "payment of \(amount) from account \(account)"
        case .refund(let payment, let amount): "refund of \(amount) of payment \(payment)"
        }
    }
}
