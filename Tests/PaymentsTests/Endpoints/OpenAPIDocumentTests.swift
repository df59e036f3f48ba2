import Hummingbird
import HummingbirdIdempotency
import Idempotency
import LibPQ
import Testing

@testable import Payments

@Suite("The OpenAPI document")
struct OpenAPIDocumentTests {
    private let router = Router(context: PaymentsContext.self)
    private let catalogue: IdempotencyCatalogue

    init() throws {
        catalogue = IdempotencyCatalogue(of: router)
        // Nothing is sent: the routes are described, not called.
        let pool = PostgresPool(configuration: try PostgresPool.Configuration(url: "postgresql://127.0.0.1:1/nowhere"))
        let idempotency = Idempotency(pool: pool)
        AccountRoutes(pool: pool, idempotency: idempotency).add(to: router, listedIn: catalogue)
        PaymentRoutes(pool: pool, idempotency: idempotency).add(to: router, listedIn: catalogue)
    }

    @Test("Describes every route about money, and what its protection answers")
    func operations() throws {
        let routes = router.routes
        let protected = catalogue.publish()
        let paths = try #require(OpenAPIDocument.complete(catalogue, hasBaseline: false)["paths"])
        #expect(routes.count == 6 && protected.count == 3)
        for route in routes {
            let operation = paths[route.path.description]?[route.method.rawValue.lowercased()]
            #expect(operation?["operationId"] != nil, "\(route)")
            let statuses = Set(operation?["responses"]?.members.map(\.name) ?? [])
            #expect(statuses.contains("401"), "\(route)")
            let isProtected = protected.contains { $0.path == route.path.description && $0.method == route.method }
            #expect(
                statuses.isSuperset(of: ["201", "400", "409", "413", "422", "431", "500", "503"]) == isProtected,
                "\(route)")
            let key: OpenAPIValue = ["$ref": "#/components/parameters/IdempotencyKey"]
            #expect(operation?["parameters"]?.elements.contains(key) == isProtected, "\(route)")
        }
    }

    @Test("Has the endpoints for benchmarks only where they are")
    func baseline() {
        let with = OpenAPIDocument.complete(catalogue, hasBaseline: true)["paths"]
        let without = OpenAPIDocument.complete(catalogue, hasBaseline: false)["paths"]
        for path in ["/unprotected/payments", "/hello"] {
            #expect(with?[path] != nil && without?[path] == nil)
        }
    }
}
