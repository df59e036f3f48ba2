import Hummingbird
import HummingbirdIdempotency
import Idempotency
import Logging

/// Every route of the service, and what stands before it.
struct PaymentsRouter {
    let settings: ServerSettings
    let database: Database
    let idempotency: Idempotency

    func build() -> Router<PaymentsContext> {
        let router = Router(context: PaymentsContext.self, options: .autoGenerateHeadEndpoints)
        router.addMiddleware {
            RequestLogging(level: settings.logging.level)
            ProblemMiddleware()
        }
        let catalogue = IdempotencyCatalogue(of: router)
        HealthRoutes(database: database).add(to: router)
        if settings.hasBaseline { BaselineRoutes(pool: database.pool, settings: settings).add(to: router) }

        // Authentication stands before the look-up: who has lost access gets no stored answer either.
        let authenticated = router.group().add(middleware: TokenAuthentication(settings.authentication))
        AccountRoutes(pool: database.pool, idempotency: idempotency).add(to: authenticated, listedIn: catalogue)
        PaymentRoutes(pool: database.pool, idempotency: idempotency).add(to: authenticated, listedIn: catalogue)
        authenticated.idempotencyKeyStatus(idempotency) { _, context in try context.requireTenant().name }

        // After all protected routes, of which they tell.
        router.idempotencyDiscovery(catalogue)
        DocumentationRoutes(
            catalogue: catalogue, policy: idempotency.policy, hasBaseline: settings.hasBaseline
        ).add(to: router)
        router.refuseOtherMethods()
        return router
    }
}
