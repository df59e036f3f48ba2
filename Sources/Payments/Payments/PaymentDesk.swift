import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The handler of `POST /payments`, the same with and without protection: a request and a transaction in, an answer out.
enum PaymentDesk {
    /// - Throws: a ``Problem``: 400 for what the caller can correct, 402 and 404 for good.
    static func pay(
        _ request: Request, _ context: PaymentsContext, in transaction: PostgresTransaction
    ) async throws -> EditedResponse<Payment> {
        let order = try await request.decodeJSON(PaymentOrder.self, context: context)
        try order.validate()
        do {
            let payment = try await PaymentStore(connection: transaction, tenant: context.requireTenant()).pay(order)
            return EditedResponse(
                status: .created, headers: [.location: "/payments/\(payment.id.uuidString.lowercased())"],
                response: payment)
        } catch let refusal as PaymentStore<PostgresTransaction>.Refusal {
            switch refusal {
            case .unknownAccount:
                throw Problem.notFound("account")
            case .otherCurrency(let currency):
                throw Problem.invalid(field: "currency", "The account's currency is \(currency).")
            case .insufficientBalance:
                throw Problem(.insufficientBalance, detail: "The account's balance is smaller than the amount.")
            }
        }
    }
}
