import FaultProxy
import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import Logging
import NIOCore
import SQLMigrations
import TestSupport

/// A server on a database of its own, with one handler behind both forms of the protection.
struct ProtectedService: Sendable {
    typealias Handler = @Sendable (Request, TestContext, PostgresTransaction) async throws -> Response

    let client: any TestClientProtocol
    let database: TestDatabase
    let log: LogRecorder
    /// How many requests have reached the protection and passed its check of the key.
    let arrivals: Counter
    /// The errors that left the protection, as an outer middleware sees them.
    let errors: ErrorRecorder
    /// Breaks the engine's connections, where the test's ``PoolChoice`` has one.
    let proxy: FaultProxy?

    /// Sends a request.
    func send(
        _ path: String, method: HTTPRequest.Method = .post, key: String?, body: String = "coffee",
        principal: String = "alice",
        headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        var headers = headers
        if let key { headers[.idempotencyKey] = key }
        headers[.principal] = principal
        return try await client.execute(uri: path, method: method, headers: headers, body: ByteBuffer(string: body))
    }

    /// The notes of the effects that were committed.
    func effects() async throws -> [String] {
        try await database.pool.query("SELECT note FROM effects ORDER BY id").decode(String.self)
    }

    /// How many keys are stored.
    func keys() async throws -> Int {
        try await database.pool.queryRow("SELECT count(*) FROM idempotency.keys").decode(Int.self)
    }

    /// Writes the body as an effect; answers 201 with it.
    static let insert: Handler = { request, context, transaction in
        let note = String(buffer: try await request.body.collect(upTo: 1 << 20))
        let id = try await transaction.queryRow("INSERT INTO effects (note) VALUES (\(note)) RETURNING id").decode(
            Int.self)
        return Response(
            status: .created, headers: [.effect: "\(id)", .contentType: "text/plain", .setCookie: "session=\(id)"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "effect \(id): \(note)")))
    }
}

/// The errors that pass a middleware.
final class ErrorRecorder: RouterMiddleware {
    typealias Context = TestContext

    private let state = LockedErrors()

    var all: [any Error] { state.all }

    func handle(
        _ request: Request, context: TestContext, next: (Request, TestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            state.add(error)
            throw error
        }
    }
}

/// Runs a test against a server with the handler behind `POST /route` (route form) and any of POST, PATCH, PUT and GET `/group`.
///
/// - Parameters:
///   - policy: the engine's.
///   - options: both forms'.
///   - setup: how the client reaches the server; a real socket by default.
///   - pool: makes the engine's pool; the database's own by default.
///   - extra: more routes.
///   - handler: the work.
///   - test: the test.
func withService(
    policy: IdempotencyPolicy = IdempotencyPolicy(), options: IdempotencyOptions = IdempotencyOptions(),
    setup: TestingSetup = .ahc(.http), pool: PoolChoice = .ofDatabase,
    extra: ExtraRoutes = .none,
    handler: @escaping ProtectedService.Handler = ProtectedService.insert,
    _ test: @escaping @Sendable (ProtectedService) async throws -> Void
) async throws {
    try await withTestDatabase(migrations: .idempotency) { database in
        try await database.pool.execute(
            "CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY, note text NOT NULL)")
        let log = LogRecorder()
        let arrivals = Counter()
        let errors = ErrorRecorder()
        let (pool, proxy) = try pool.make(database)
        defer { proxy?.close() }
        let idempotency = Idempotency(pool: pool, policy: policy, logger: log.logger)
        let scope: @Sendable (Request, TestContext) async throws -> String = { request, _ in
            arrivals.increment()
            return request.headers[.principal] ?? "nobody"
        }

        let router = Router(context: TestContext.self)
        router.add(middleware: errors)
        router.add(middleware: RevocationMiddleware())
        router.add(middleware: BodyCutter())
        router.post("route", idempotent: idempotency, options: options, scope: scope, use: handler)
        let group = router.group("group").add(
            middleware: IdempotencyMiddleware(idempotency, options: options, scope: scope))
        for method in [HTTPRequest.Method.post, .patch, .put, .get] {
            group.on("", method: method) { request, context in
                try await handler(request, context, context.requireTransaction())
            }
        }
        extra.add(router, idempotency)
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            logger: log.logger)
        try await application.test(setup) { client in
            try await test(
                ProtectedService(
                    client: client, database: database, log: log, arrivals: arrivals, errors: errors, proxy: proxy))
        }
    }
}

/// Stands for authentication: `mallory` has lost access.
private struct RevocationMiddleware: RouterMiddleware {
    typealias Context = TestContext

    func handle(
        _ request: Request, context: TestContext, next: (Request, TestContext) async throws -> Response
    ) async throws -> Response {
        if request.headers[.authorization] == "revoked" { throw HTTPError(.unauthorized) }
        return try await next(request, context)
    }
}

/// Stands for HTTP/2, over which a body whose connection ends looks like one that ends.
private struct BodyCutter: RouterMiddleware {
    typealias Context = TestContext

    func handle(
        _ request: Request, context: TestContext, next: (Request, TestContext) async throws -> Response
    ) async throws -> Response {
        guard let length = request.headers[.cut].flatMap({ Int($0) }) else { return try await next(request, context) }
        var request = request
        let body = try await request.collectBody(upTo: 1 << 20)
        request.body = RequestBody(buffer: ByteBuffer(body.readableBytesView.prefix(length)))
        return try await next(request, context)
    }
}
