import DisposableDatabases
public import Idempotency
public import LibPQ
public import SQLMigrations

/// Expects that a request can be retried whatever happens to the connection between your service and its database.
///
/// ```swift
/// try await expectIdempotent(migrations: [.idempotency, .shop]) { databaseURL in
///     try await makeApplication(databaseURL).test(.router) { client in
///         let answer = try await client.execute(uri: "/orders", method: .post, headers: headers, body: order)
///         return Outcome(status: answer.status.code, headers: answer.headers, body: Array(buffer: answer.body))
///     }
/// }
/// ```
/// The request is run once undisturbed, to learn its statements, its answer and the rows that it leaves behind. Then, for every
/// statement in turn, COMMIT too, it is run on a fresh copy of the database with the connection cut before the server has the statement,
/// and on another with the connection cut after the server has executed it. Each time the request is retried as a client would: until
/// an answer comes that is neither 5xx nor 409. After that
/// - the database must hold what the undisturbed run left behind, in all tables;
/// - the answer must have the status of the undisturbed run;
/// - one more retry must get the same status, body and header fields again (without those that a replay never repeats).
///
/// So a request is expected to be answered alike each time. A policy whose retries are to be answered otherwise has to be tested with its
/// `replay` set to `.snapshot`: with `.none` a lost answer is 409 for ever, and `.reference` renders what may have changed. What such
/// a policy says concerns the stored answer, not the work or the transaction, which are the same under each. With `storedHeaders: .only` leave
/// the fields that are not stored out of the answer.
///
/// What the server makes up is left out of the comparison: new values of identities, of columns whose default is not constant (random
/// ids, times) and of computed columns, and foreign keys to them. Values that `prepare` inserted are compared.
///
/// The server is the one of `server`, or else of the environment variable `TEST_DATABASE_URL`; or else a temporary one is started from the
/// binaries on this machine, one for the process. It has to be on this machine, and its user allowed to create databases. A request
/// of four statements takes a few seconds.
///
/// - Parameters:
///   - migrations: applied to the database beforehand. Default: only the engine's.
///   - ignoring: columns that are not compared, as `table.column` (with the schema in front if that is not `public`): those that a
///     request fills with something else in each run. Default: none.
///   - server: the URL of a server to make databases on. Default nil.
///   - prepare: inserts the rows that the request needs. Called once; each run gets a copy of the database.
///   - request: sends the request and returns the answer, always with the same key. Called for each attempt of the client, with the URL
///     of the database to use: a service that is made in it has forgotten everything that an earlier attempt did, as after a crash. Put
///     those header fields into the answer that are to be the same in a replay.
/// - Returns: which cuts were made.
/// - Throws: ``IdempotencyTestingError``: `notIdempotent` with the first statement that shows it and the rows that differ;
///   `requestFailed`, `nothingTested`, `nondeterministic`, `unknownColumn`, `serverUnusable`. `CancellationError`. What `prepare` throws, `MigrationError`
///   and `PostgresError` unwrapped.
@discardableResult
public func expectIdempotent(
    migrations: [MigrationSet] = [.idempotency], ignoring: Set<String> = [], server: String? = nil,
    prepare: @Sendable (PostgresConnection) async throws -> Void = { _ in },
    _ request: @escaping @Sendable (_ databaseURL: String) async throws -> Outcome
) async throws -> InjectionReport {
    try await expectIdempotent(
        migrations: migrations, ignoring: ignoring, server: server, prepare: prepare, service: { $0 }, request: request)
}

/// Expects that a request can be retried, of a service that survives the cut of its connection.
///
/// As ``expectIdempotent(migrations:ignoring:server:prepare:_:)``, but all attempts of a run meet the same service, with its pool and
/// whatever it keeps in memory.
///
/// - Parameters:
///   - migrations: applied to the database beforehand. Default: only the engine's.
///   - ignoring: columns that are not compared, as `table.column`. Default: none.
///   - server: the URL of a server to make databases on. Default nil.
///   - prepare: inserts the rows that the request needs.
///   - service: makes the service, once for each run, with the URL of the database to use.
///   - request: sends the request to it and returns the answer, always with the same key. Called for each attempt of the client.
/// - Returns: which cuts were made.
/// - Throws: as the other form, and what `service` throws.
@discardableResult
public func expectIdempotent<Service>(
    migrations: [MigrationSet] = [.idempotency], ignoring: Set<String> = [], server: String? = nil,
    prepare: @Sendable (PostgresConnection) async throws -> Void = { _ in },
    service: @escaping @Sendable (_ databaseURL: String) async throws -> Service,
    request: @escaping @Sendable (Service) async throws -> Outcome
) async throws -> InjectionReport {
    let databases = try await databaseServer(server)
    do {
        let report = try await PreparedDatabase.with(server: databases, migrations: migrations, prepare: prepare) {
            database in
            let masking = try Masking(database, ignoring: ignoring)
            return try await IdempotencyCheck(
                database: database, masking: masking, service: service, request: request
            ).run()
        }
        if server != nil { await databases.close() }
        return report
    } catch {
        if server != nil { await databases.close() }
        throw error
    }
}

/// Expects that work of the engine, without any web framework, can be retried.
///
/// ```swift
/// try await expectIdempotent(migrations: [.idempotency, .shop]) { pool, transaction in
///     try await transaction.execute("UPDATE accounts SET balance = balance - 1")
///     return Outcome(status: 204)
/// }
/// ```
/// As ``expectIdempotent(migrations:ignoring:server:prepare:_:)``; the library performs the work with a key of its own.
///
/// - Parameters:
///   - migrations: applied to the database beforehand. Default: only the engine's.
///   - ignoring: columns that are not compared, as `table.column`. Default: none.
///   - server: the URL of a server to make databases on. Default nil.
///   - prepare: inserts the rows that the work needs.
///   - work: what `Idempotency.perform` is given, with the pool of the engine beside the transaction: your code may hold it,
///     for its reads. What the work throws leaves the key free, so that it is retried.
/// - Returns: which cuts were made.
/// - Throws: as the other forms.
@discardableResult
public func expectIdempotent(
    migrations: [MigrationSet] = [.idempotency], ignoring: Set<String> = [], server: String? = nil,
    prepare: @Sendable (PostgresConnection) async throws -> Void = { _ in },
    work: @escaping @Sendable (PostgresPool, PostgresTransaction) async throws -> Outcome
) async throws -> InjectionReport {
    let key = try IdempotencyKey("expect-idempotent")
    let fingerprint = Fingerprint.of(method: "POST", path: "/", query: nil, contentType: nil, body: [])
    return try await expectIdempotent(
        migrations: migrations, ignoring: ignoring, server: server, prepare: prepare,
        service: { databaseURL in
            let pool = PostgresPool(configuration: try .init(url: databaseURL))
            return (pool: pool, idempotency: Idempotency(pool: pool))
        },
        request: { service in
            try await service.idempotency.perform(
                scope: "expect-idempotent", key: key, fingerprint: fingerprint
            ) { transaction in
                try await work(service.pool, transaction)
            }.outcome
        })
}

private func databaseServer(_ url: String?) async throws -> DatabaseServer {
    if let url { return try DatabaseServer(url: url) }
    do {
        return try await DatabaseServer.shared.value
    } catch {
        throw IdempotencyTestingError(
            .serverUnusable, "no server could be started, and TEST_DATABASE_URL names none", underlying: error)
    }
}

extension Masking {
    /// - Throws: ``IdempotencyTestingError/Code-swift.struct/unknownColumn``.
    fileprivate init(_ database: PreparedDatabase, ignoring: Set<String>) throws(IdempotencyTestingError) {
        let columns = Set(database.layouts.flatMap(\.columnNames))
        var ignored = Self.engineColumns
        for text in ignoring.sorted() {
            guard let name = ColumnName(text), columns.contains(name) else {
                throw IdempotencyTestingError(
                    .unknownColumn, "there is no column \(text) to ignore; name it as table.column")
            }
            ignored.insert(name)
        }
        self.init(database.layouts, before: database.state, ignoring: ignored)
    }
}
