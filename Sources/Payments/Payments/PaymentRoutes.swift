import Hummingbird
import HummingbirdIdempotency
import Idempotency
import LibPQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Everything under `/payments`.
///
/// The group form of the protection: one middleware for all POST routes of the group, the transaction in the context; GET passes
/// through it.
struct PaymentRoutes: Sendable {
    let pool: PostgresPool
    let idempotency: Idempotency

    func add(to router: some RouterMethods<PaymentsContext>, listedIn catalogue: IdempotencyCatalogue) {
        let protection = IdempotencyMiddleware<PaymentsContext>(idempotency) { _, context in
            try context.requireTenant().name
        }
        router.group("payments", protectedBy: protection, listedIn: catalogue)
            .post { request, context in
                try await PaymentDesk.pay(request, context, in: context.requireTransaction())
            }
            .post(":id/refunds") { request, context in
                try await RefundDesk.refund(request, context, in: context.requireTransaction())
            }
            .get(use: list)
            .get(":id", use: find)
    }

    @Sendable
    private func find(_ request: Request, _ context: PaymentsContext) async throws -> Payment {
        guard let id = context.parameters.get("id", as: UUID.self),
            let payment = try await PaymentStore(connection: pool, tenant: context.requireTenant()).find(id)
        else { throw Problem.notFound("payment") }
        return payment
    }

    @Sendable
    private func list(_ request: Request, _ context: PaymentsContext) async throws -> [Payment] {
        guard let reference = request.uri.queryParameters["reference"].map(String.init) else {
            throw Problem.invalid(field: "reference", "The query parameter reference is missing.")
        }
        let tenant = try context.requireTenant()
        // No stored reference has it, and PostgreSQL would refuse the text.
        if reference.unicodeScalars.contains("\0") { return [] }
        return try await PaymentStore(connection: pool, tenant: tenant).find(reference: reference)
    }
}
