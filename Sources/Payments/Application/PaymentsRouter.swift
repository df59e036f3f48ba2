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
            LogRequestsMiddleware(.debug)
            ProblemMiddleware()
        }
        HealthRoutes(database: database).add(to: router)
        DocumentationRoutes().add(to: router)
        if settings.hasBaseline { BaselineRoutes(pool: database.pool, settings: settings).add(to: router) }

        // Authentication stands before the look-up: who has lost access gets no stored answer either.
        let authenticated = router.group().add(middleware: TokenAuthentication(settings.authentication))
        AccountRoutes(pool: database.pool, idempotency: idempotency).add(to: authenticated)
        PaymentRoutes(pool: database.pool, idempotency: idempotency).add(to: authenticated)
        return router
    }
}
