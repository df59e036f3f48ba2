import Hummingbird
import LibPQ

/// What protected requests are compared with: the same handler in a plain transaction, and no database at all.
///
/// Only with `PAYMENTS_BASELINE=1`: a payment without a key is what this service exists to prevent.
struct BaselineRoutes: Sendable {
    let pool: PostgresPool
    let settings: ServerSettings

    func add(to router: some RouterMethods<PaymentsContext>) {
        router.post("hello") { _, _ in "hello" }
        router.group("unprotected").add(middleware: TokenAuthentication(settings.authentication))
            .post("payments") { [pool] request, context in
                // Read before a connection is taken, as the protection does.
                var request = request
                _ = try await request.collectBody(upTo: context.maxUploadSize)
                return try await pool.withTransaction { [request] transaction in
                    try await PaymentDesk.pay(request, context, in: transaction)
                }
            }
    }
}
