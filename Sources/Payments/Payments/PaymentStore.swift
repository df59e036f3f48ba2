import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The SQL about payments. Every statement names the tenant.
struct PaymentStore<Connection: PostgresQueryable> {
    let connection: Connection
    let tenant: Tenant

    /// Why an order cannot be carried out.
    enum Refusal: Error, Hashable {
        case unknownAccount
        case otherCurrency(String)
        case insufficientBalance
    }

    /// Pays: the balance goes down and the payment is there, in the transaction of `connection`.
    ///
    /// The check of the balance and the change of it are one statement, which also locks the account's row: two payments at once
    /// cannot both spend the last cent.
    /// - Throws: ``Refusal``, `PostgresError`.
    func pay(_ order: PaymentOrder) async throws -> Payment {
        let debited = try await connection.execute(
            """
            UPDATE accounts SET balance = balance - \(order.amount)
            WHERE tenant = \(tenant.name) AND id = \(order.accountID) AND currency = \(order.currency.code)
              AND balance >= \(order.amount)
            """)
        guard debited == 1 else { throw try await refusal(of: order) }
        let (id, createdAt) = try await connection.queryRow(
            """
            INSERT INTO payments (tenant, account_id, amount, currency, reference)
            VALUES (\(tenant.name), \(order.accountID), \(order.amount), \(order.currency.code), \(order.reference))
            RETURNING id, created_at
            """
        ).decode((UUID, Date).self)
        return Payment(
            id: id, accountID: order.accountID, amount: order.amount, currency: order.currency.code,
            reference: order.reference, createdAt: createdAt)
    }

    private func refusal(of order: PaymentOrder) async throws(PostgresError) -> Refusal {
        guard
            let account = try await AccountStore(connection: connection, tenant: tenant).find(order.accountID)
        else { return .unknownAccount }
        return account.currency == order.currency.code ? .insufficientBalance : .otherCurrency(account.currency)
    }

    /// A payment of this tenant, nil if there is none.
    func find(_ id: UUID) async throws(PostgresError) -> Payment? {
        try await connection.queryRowIfAny(
            """
            SELECT id, account_id, amount, currency, reference, created_at FROM payments
            WHERE tenant = \(tenant.name) AND id = \(id)
            """
        ).map { row throws(PostgresError) in try Payment(row) }
    }

    /// The payments of this tenant with a reference, oldest first, at most ``maximumFound``.
    func find(reference: String) async throws(PostgresError) -> [Payment] {
        let rows = try await connection.query(
            """
            SELECT id, account_id, amount, currency, reference, created_at FROM payments
            WHERE tenant = \(tenant.name) AND reference = \(reference)
            ORDER BY created_at, id LIMIT \(PaymentStore<PostgresPool>.maximumFound)
            """)
        var payments: [Payment] = []
        for row in rows { payments.append(try Payment(row)) }
        return payments
    }
}

extension PaymentStore<PostgresPool> {
    /// The most payments that one search answers: a reference names one operation, and an answer has to fit into memory.
    static var maximumFound: Int64 { 1000 }
}

extension Payment {
    /// Reads `id, account_id, amount, currency, reference, created_at`.
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        let (id, accountID, amount, currency, reference, createdAt) =
            try row.decode((UUID, Int64, Int64, String, String?, Date).self)
        self.init(
            id: id, accountID: accountID, amount: amount, currency: currency, reference: reference, createdAt: createdAt
        )
    }
}
