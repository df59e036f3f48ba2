import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The SQL about refunds. A refund belongs to the tenant of its payment.
struct RefundStore {
    let connection: PostgresTransaction
    let tenant: Tenant

    /// Why an order cannot be carried out.
    enum Refusal: Error, Hashable {
        case unknownPayment
        case tooLarge
    }

    /// Refunds: the refund is there and the balance goes up, in the transaction of `connection`.
    ///
    /// The payment's row is locked before its refunds are added up, so that two refunds at once see each other. Both statements go in
    /// one round trip; the second takes its snapshot after the first has the lock.
    /// - Throws: ``Refusal``, `PostgresError`.
    func refund(_ amount: Int64, of paymentID: UUID) async throws -> Refund {
        let (payments, sums) = try await connection.pipeline(
            """
            SELECT account_id, amount FROM payments WHERE tenant = \(tenant.name) AND id = \(paymentID) FOR UPDATE
            """,
            "SELECT coalesce(sum(amount), 0)::bigint FROM refunds WHERE payment_id = \(paymentID)")
        guard let payment = payments.first, let sum = sums.first else { throw Refusal.unknownPayment }
        let (accountID, paid) = try payment.decode((Int64, Int64).self)
        let refunded = try sum.decode(Int64.self)
        guard amount <= paid - refunded else { throw Refusal.tooLarge }

        let (inserted, _) = try await connection.pipeline(
            """
            INSERT INTO refunds (payment_id, amount) VALUES (\(paymentID), \(amount)) RETURNING id, created_at
            """,
            "UPDATE accounts SET balance = balance + \(amount) WHERE tenant = \(tenant.name) AND id = \(accountID)")
        let (id, createdAt) = try inserted[0].decode((UUID, Date).self)
        return Refund(id: id, paymentID: paymentID, amount: amount, createdAt: createdAt)
    }
}
