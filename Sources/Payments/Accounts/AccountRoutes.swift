import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import Idempotency
import LibPQ

/// `POST /accounts`, `GET /accounts/{id}`.
///
/// The route form of the protection: one line, and the transaction is the handler's third parameter.
struct AccountRoutes: Sendable {
    let pool: PostgresPool
    let idempotency: Idempotency

    func add(to router: some RouterMethods<PaymentsContext>, listedIn catalogue: IdempotencyCatalogue) {
        router.post(
            "accounts", idempotent: idempotency, listedIn: catalogue,
            scope: { _, context in try context.requireTenant().name }, use: open)
        router.get("accounts/:id", use: find)
    }

    @Sendable
    private func open(
        _ request: Request, _ context: PaymentsContext, _ transaction: PostgresTransaction
    ) async throws -> EditedResponse<Account> {
        let new = try await request.decodeJSON(NewAccount.self, context: context)
        try new.validate()
        let account = try await AccountStore(connection: transaction, tenant: context.requireTenant())
            .open(balance: new.balance, currency: new.currency.code)
        return EditedResponse(status: .created, headers: [.location: "/accounts/\(account.id)"], response: account)
    }

    @Sendable
    private func find(_ request: Request, _ context: PaymentsContext) async throws -> Account {
        guard let id = context.parameters.get("id", as: Int64.self),
            let account = try await AccountStore(connection: pool, tenant: context.requireTenant()).find(id)
        else { throw Problem.notFound("account") }
        return account
    }
}
