import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import IdempotencyTesting
import LibPQ
import Testing

/// `expectIdempotent` with handlers of Hummingbird.
@Suite("Handlers that are expected to be idempotent", .timeLimit(.minutes(3)))
struct HandlerTests {
    private struct Context: IdempotencyRequestContext {
        var coreContext: CoreRequestContextStorage
        var idempotency = IdempotencyContext()

        init(source: Source) { coreContext = .init(source: source) }
    }

    private typealias Handler = @Sendable (PostgresPool, PostgresTransaction) async throws -> Outcome

    /// A service whose `POST /protected` runs a handler behind the middleware, and `POST /bare` pays without any protection.
    private static func router(_ databaseURL: String, handler: @escaping Handler) throws -> Router<Context> {
        let pool = PostgresPool(configuration: try .init(url: databaseURL))
        let idempotency = Idempotency(pool: pool)
        let router = Router(context: Context.self)
        router.group("protected").add(middleware: IdempotencyMiddleware(idempotency) { _, _ in "acme" })
            .post { _, context in
                Response(try await handler(pool, context.requireTransaction()))
            }
        router.post("bare") { _, _ in
            Response(try await pool.withTransaction { try await Shop.pay($0) })
        }
        return router
    }

    private static func post(_ path: String, _ client: any TestClientProtocol) async throws -> Outcome {
        let answer = try await client.execute(uri: path, method: .post, headers: [.idempotencyKey: "order-17"])
        return Outcome(status: answer.status.code, headers: answer.headers, body: Array(buffer: answer.body))
    }

    private static func post(_ path: String, to router: Router<Context>) async throws -> Outcome {
        try await Application(router: router).test(.router) { try await post(path, $0) }
    }

    @Test("a handler that writes through its transaction passes")
    func passes() async throws {
        let report = try await expectIdempotent(prepare: Shop.prepare) { databaseURL in
            let router = try Self.router(databaseURL) { try await Shop.pay($1) }
            return try await Self.post("/protected", to: router)
        }
        #expect(report.cuts.map(\.statement).contains { $0.hasPrefix("COMMIT") })
        #expect(report.cuts.count == 14 && report.missed == [])
    }

    @Test("so does a service that lives on after the cut")
    func survivor() async throws {
        try await expectIdempotent(prepare: Shop.prepare) { databaseURL in
            try Self.router(databaseURL) { try await Shop.pay($1) }
        } request: { router in
            try await Self.post("/protected", to: router)
        }
    }

    @Test("a write through the pool instead of the transaction is caught")
    func outside() async throws {
        let error = await #expect(throws: IdempotencyTestingError.self) {
            try await expectIdempotent(prepare: Shop.prepare) { databaseURL in
                let router = try Self.router(databaseURL) { pool, _ in try await Shop.pay(pool) }
                return try await Self.post("/protected", to: router)
            }
        }
        #expect(error?.code == .notIdempotent)
        #expect(error?.cut?.statement.hasPrefix("UPDATE accounts") == true)
        #expect(error?.cut?.moment == .beforeAnswer)
        #expect(
            error?.differences.map(\.description) == ["accounts: a row differs: (id: 1) balance 800 instead of 900"])
    }

    @Test("a handler without protection is caught by a plain retry")
    func unprotected() async throws {
        let error = await #expect(throws: IdempotencyTestingError.self) {
            try await expectIdempotent(prepare: Shop.prepare) { databaseURL in
                let router = try Self.router(databaseURL) { try await Shop.pay($1) }
                return try await Self.post("/bare", to: router)
            }
        }
        #expect(error?.code == .notIdempotent && error?.cut == nil)
        #expect(error?.differences.map(\.table) == ["accounts", "payments"])
    }

    @Test("a service that does not use the database of its URL proves nothing, and is told so")
    func otherDatabase() async throws {
        let error = await #expect(throws: IdempotencyTestingError.self) {
            try await expectIdempotent(prepare: Shop.prepare) { _ in Outcome(status: 201) }
        }
        #expect(error?.code == .nothingTested)
    }
}

extension Response {
    fileprivate init(_ outcome: Outcome) {
        self.init(
            status: .init(code: outcome.status), headers: outcome.headers,
            body: .init(byteBuffer: ByteBuffer(bytes: outcome.body)))
    }
}
