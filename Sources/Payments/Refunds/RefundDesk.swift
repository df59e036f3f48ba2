import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The handler of `POST /payments/{id}/refunds`.
enum RefundDesk {
    /// - Throws: a ``Problem``: 400 for what the caller can correct, 404 and 409 for good.
    static func refund(
        _ request: Request, _ context: PaymentsContext, in transaction: PostgresTransaction
    ) async throws -> EditedResponse<Refund> {
        let order = try await request.decodeJSON(RefundOrder.self, context: context)
        try order.validate()
        guard let payment = context.parameters.get("id", as: UUID.self) else { throw Problem.notFound("payment") }
        do {
            let refund = try await RefundStore(connection: transaction, tenant: context.requireTenant())
                .refund(order.amount, of: payment)
            return EditedResponse(status: .created, response: refund)
        } catch let refusal as RefundStore.Refusal {
            switch refusal {
            case .unknownPayment: throw Problem.notFound("payment")
            case .tooLarge:
                throw Problem(.refundTooLarge, detail: "The refunds together would be more than the payment.")
            }
        }
    }
}
