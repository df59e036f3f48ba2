// The service of the README. `ReadmeTests` compares the README's code with this file and runs it.

// readme: imports
import Hummingbird
import HummingbirdIdempotency
import Idempotency
import LibPQ
// readme: end
import SQLMigrations

// readme: context
struct AppContext: IdempotencyRequestContext {
    var coreContext: CoreRequestContextStorage
    var idempotency = IdempotencyContext()  // room for the transaction

    init(source: Source) { coreContext = .init(source: source) }
}

struct Order: Decodable {
    var item: String
    var quantity: Int
}

struct Receipt: ResponseEncodable {
    var id: Int
}
// readme: end

enum OrdersService {
    static func migrate(databaseURL: String) async throws {
        // readme: migrate
        let connection = try await PostgresConnection.connect(.init(url: databaseURL))
        try await Migrator(set: .idempotency).up(on: connection)
        await connection.close()
        // readme: end
    }

    static func application(
        databaseURL: String, tenant: @escaping @Sendable (Request) throws -> String
    ) throws -> Application<RouterResponder<AppContext>> {
        // readme: application
        let pool = PostgresPool(configuration: try .init(url: databaseURL))
        let idempotency = Idempotency(pool: pool, policy: .init(retention: .hours(24)))

        let router = Router(context: AppContext.self)
        router.group("orders")
            .add(middleware: IdempotencyMiddleware(idempotency) { request, _ in try tenant(request) })
            .post { request, context in
                let order = try await request.decode(as: Order.self, context: context)
                let transaction = try context.requireTransaction()
                let id = try await transaction.queryRow(
                    "INSERT INTO orders (item, quantity) VALUES (\(order.item), \(order.quantity)) RETURNING id"
                ).decode(Int.self)
                return EditedResponse(status: .created, response: Receipt(id: id))
            }

        let app = Application(router: router, services: [pool, PurgeService(pool: pool)])
        // readme: end

        // readme: route
        router.post("refunds", idempotent: idempotency, scope: { request, _ in try tenant(request) }) {
            request, context, transaction in
            let order = try await request.decode(as: Order.self, context: context)
            try await transaction.execute("UPDATE orders SET quantity = 0 WHERE item = \(order.item)")
            return HTTPResponse.Status.noContent
        }
        // readme: end

        // readme: policies
        let catalogue = IdempotencyCatalogue(of: router)
        let cards = IdempotencyPolicy(
            retention: .hours(24 * 7),
            waitBudget: .zero,  // a duplicate gets 409 at once
            lateRetries: .refuse(),  // 410 after seven days, in place of a second card
            replay: .none,  // the answer holds a secret: it is neither stored nor repeated
            fingerprint: .canonicalJSON,
            newKeys: NewKeyLimit(100, per: .seconds(60)))
        router.post(
            "cards", idempotent: idempotency, policy: cards, listedIn: catalogue,
            scope: { request, _ in try tenant(request) }
        ) { request, context, transaction in
            try await issueCard(for: request, in: transaction)
        }
        router.idempotencyDiscovery(catalogue)  // GET /.well-known/idempotency
        router.idempotencyKeyStatus(idempotency) { request, _ in try tenant(request) }  // GET /idempotency-keys/{key}
        // readme: end
        return app
    }

    private static func issueCard(
        for request: Request, in transaction: PostgresTransaction
    ) async throws -> EditedResponse<String> {
        let number = try await transaction.queryRow(
            "INSERT INTO orders (item, quantity) VALUES ('card', 1) RETURNING id"
        ).decode(Int.self)
        return EditedResponse(
            status: .created, headers: [.location: "/cards/\(number)"], response: "4000 0000 0000 000\(number)")
    }

    /// Statements that the README shows.
    static func statements(_ transaction: PostgresTransaction, amount: Int, account: Int) async throws -> (Int, Int) {
        // readme: sql
        // Interpolated values are bind parameters; rows decode into tuples.
        try await transaction.execute("UPDATE accounts SET balance = balance - \(amount) WHERE id = \(account)")
        let (balance, currency) = try await transaction.queryRow(
            "SELECT balance, currency FROM accounts WHERE id = \(account)"
        ).decode((Int, String).self)

        // Statements that need not wait for one another: one round trip.
        let (orders, refunds) = try await transaction.pipeline(
            "SELECT id FROM orders WHERE account = \(account)",
            "SELECT id FROM refunds WHERE account = \(account)")
        // readme: end
        return (balance, currency.count + orders.count + refunds.count)
    }
}
