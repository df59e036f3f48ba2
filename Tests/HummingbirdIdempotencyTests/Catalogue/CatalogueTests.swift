import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import Idempotency
import LibPQ
import Testing

@Suite("The catalogue of protected routes")
struct CatalogueTests {
    private let router = Router(context: TestContext.self)
    private let catalogue: IdempotencyCatalogue
    private let idempotency: Idempotency

    init() throws {
        catalogue = IdempotencyCatalogue(of: router)
        // Nothing is sent: the routes are listed, not called.
        let configuration = try PostgresPool.Configuration(url: "postgresql://127.0.0.1:1/nowhere")
        idempotency = Idempotency(pool: PostgresPool(configuration: configuration))
    }

    private func middleware(_ policy: IdempotencyPolicy? = nil) -> IdempotencyMiddleware<TestContext> {
        IdempotencyMiddleware(idempotency, policy: policy) { _, _ in "alice" }
    }

    private var listed: [String] { catalogue.publish().map { "\($0.method) \($0.path)" } }

    @Test("Knows the whole path of a route, however deep its groups are")
    func paths() {
        let version = router.group("v1").group()
        version.group("payments", protectedBy: middleware(), listedIn: catalogue)
            .post { _, _ in "" }
            .group(":id").post("refunds") { _, _ in "" }
        version.post("accounts/{name}", idempotent: idempotency, listedIn: catalogue, scope: { _, _ in "" }) {
            _, _, _ in ""
        }
        #expect(listed == ["POST /v1/payments", "POST /v1/payments/{id}/refunds", "POST /v1/accounts/{name}"])
    }

    @Test("Lists a group's routes by the policy's methods")
    func methods() {
        let policy = IdempotencyPolicy(methods: [.post, .put])
        router.group("payments", protectedBy: middleware(policy), listedIn: catalogue)
            .get { _, _ in "" }
            .post { _, _ in "" }
            .put(":id") { _, _ in "" }
            .patch(":id") { _, _ in "" }
        #expect(listed == ["POST /payments", "PUT /payments/{id}"])
        #expect(router.routes.count == 4)
    }

    @Test("Has the policy and the options of the route, the engine's policy where it has none")
    func rules() {
        router.post("a", idempotent: idempotency, listedIn: catalogue, scope: { _, _ in "" }) { _, _, _ in "" }
        router.post(
            "b", idempotent: idempotency, policy: IdempotencyPolicy(retention: .hours(1)),
            options: IdempotencyOptions(documentation: "/help"), listedIn: catalogue, scope: { _, _ in "" }
        ) { _, _, _ in "" }
        let routes = catalogue.publish()
        #expect(routes.map(\.policy.retention) == [.hours(24), .hours(1)])
        #expect(routes.map(\.options.documentation) == ["/docs/idempotency", "/help"])
    }

    @Test("Says that the route form needs a key whatever its policy says, as the route does")
    func keyRequired() {
        let policy = IdempotencyPolicy(keyRequired: false)
        router.post("a", idempotent: idempotency, policy: policy, listedIn: catalogue, scope: { _, _ in "" }) {
            _, _, _ in ""
        }
        router.group("b", protectedBy: middleware(policy), listedIn: catalogue).post { _, _ in "" }
        #expect(catalogue.publish().map(\.policy.keyRequired) == [true, false])
    }

    @Test("Leaves out what was protected without it")
    func unlisted() {
        router.post("a", idempotent: idempotency, scope: { _, _ in "" }) { _, _, _ in "" }
        router.group("b").add(middleware: middleware()).post { _, _ in "" }
        #expect(listed.isEmpty)
    }
}

@Suite("A catalogue that is used wrongly stops the process before it serves")
struct CatalogueMisuseTests {
    /// Lists a route of one router in the catalogue of another, or of the same.
    private static func list(_ route: Router<TestContext>, in catalogue: IdempotencyCatalogue) throws {
        let configuration = try PostgresPool.Configuration(url: "postgresql://127.0.0.1:1/nowhere")
        let idempotency = Idempotency(pool: PostgresPool(configuration: configuration))
        route.post("a", idempotent: idempotency, listedIn: catalogue, scope: { _, _ in "" }) { _, _, _ in "" }
    }

    @Test("A route after the catalogue was published")
    func late() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let router = Router(context: TestContext.self)
            let catalogue = IdempotencyCatalogue(of: router)
            _ = catalogue.publish()
            try Self.list(router, in: catalogue)
        }
        #expect(
            result.map { String(decoding: $0.standardErrorContent, as: UTF8.self).contains("Publish it last") } == true)
    }

    @Test("A route of another router")
    func otherRouter() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            try Self.list(
                Router(context: TestContext.self), in: IdempotencyCatalogue(of: Router(context: TestContext.self)))
        }
        #expect(
            result.map { String(decoding: $0.standardErrorContent, as: UTF8.self).contains("another router") } == true)
    }
}
