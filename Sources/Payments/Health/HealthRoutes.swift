import HTTPTypes
import Hummingbird
import HummingbirdIdempotency

/// `GET /health` says that the process answers, `GET /ready` that it can do its work.
struct HealthRoutes: Sendable {
    let database: Database

    func add(to router: some RouterMethods<PaymentsContext>) {
        router.get("health") { _, _ in Health(status: "ok") }
        router.get("ready") { _, _ in
            do {
                guard try await database.isMigrated() else {
                    throw Problem(status: .serviceUnavailable, detail: "Migrations are missing; run: payments migrate")
                }
            } catch let problem as Problem {
                throw problem
            } catch {
                throw Problem(.unavailable, detail: "The database cannot be used.", underlying: error)
            }
            return Health(status: "ready")
        }
    }

    private struct Health: ResponseEncodable {
        let status: String
    }
}
