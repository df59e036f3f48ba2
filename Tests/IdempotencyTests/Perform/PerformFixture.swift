import HTTPTypes
import LibPQ
import Logging
import SQLMigrations
import Synchronization
import TestSupport

@testable import Idempotency

/// A database with the ledger and one business table, and an engine on it.
struct PerformFixture: Sendable {
    let database: TestDatabase
    let idempotency: Idempotency

    /// For looking and meddling: not the engine's own pool.
    let observer: PostgresPool

    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Waits for a lock longer than a test on a busy machine holds it. Tests of the budget itself have a short one.
    static let patient = IdempotencyPolicy(waitBudget: .seconds(20))

    /// A second engine on a pool of its own: what another process is to the first.
    func anotherProcess(
        connections: Int = 4, policy: IdempotencyPolicy? = nil, keyRing: IdempotencyKeyRing? = nil,
        logger: Logger = Self.quiet, configure: (inout PostgresPool.Configuration) -> Void = { _ in }
    ) throws -> Idempotency {
        Idempotency(
            pool: try database.makePatientPool(of: connections, configure: configure),
            policy: policy ?? idempotency.policy, keyRing: keyRing, logger: logger)
    }

    /// How many effects are committed.
    func effects(of key: String? = nil) async throws -> Int {
        try await observer.queryRow("SELECT count(*) FROM effects WHERE name = coalesce(\(key), name)")
            .decode(Int.self)
    }

    /// How many keys are committed.
    func keys() async throws -> Int {
        try await observer.queryRow("SELECT count(*) FROM idempotency.keys").decode(Int.self)
    }

    /// Whether neither an effect nor a key is committed.
    func isUntouched() async throws -> Bool {
        let (effects, keys) = try await (effects(), keys())
        return effects == 0 && keys == 0
    }

    /// Ends every key's retention.
    func expireKeys() async throws {
        try await observer.execute("UPDATE idempotency.keys SET expires_at = now() - interval '1 second'")
    }

    /// Makes every COMMIT of an effect wait in the server as long as somebody holds the advisory lock 1.
    func holdCommits() async throws {
        try await observer.execute(
            """
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$
            """)
        try await observer.execute(
            "CREATE CONSTRAINT TRIGGER hold \(unescaped: ConflictTests.atCommit) EXECUTE FUNCTION hold()")
    }
}

/// Runs the body with a fixture of its own.
///
/// - Parameter url: of an empty database on a server that the test has started; by default the shared server's.
func withPerformFixture(
    at url: String? = nil, connections: Int = 8, policy: IdempotencyPolicy = PerformFixture.patient,
    logger: Logger = PerformFixture.quiet,
    configure: (inout PostgresPool.Configuration) -> Void = { _ in },
    _ body: (PerformFixture) async throws -> Void
) async throws {
    try await withTestDatabase(at: url, migrations: .idempotency) { database in
        let observer = try database.makePool(of: 4)
        try await observer.execute(
            "CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)")
        let pool = try database.makePatientPool(of: connections, configure: configure)
        try await body(
            PerformFixture(
                database: database, idempotency: Idempotency(pool: pool, policy: policy, logger: logger),
                observer: observer))
    }
}

extension TestDatabase {
    /// A pool whose connections wait for a lock as long as ``PerformFixture/patient`` does.
    fileprivate func makePatientPool(
        of connections: Int, configure: (inout PostgresPool.Configuration) -> Void
    ) throws -> PostgresPool {
        try makePool(of: connections) {
            $0.connection.lockTimeout = PerformFixture.patient.waitBudget
            configure(&$0)
        }
    }
}

/// One request of a client.
struct KeyedRequest: Sendable {
    var scope = "acme"
    var key = "order-17"
    var body: [UInt8] = [1]

    var fingerprint: Fingerprint {
        .of(method: "POST", path: "/payments", query: nil, contentType: nil, body: body)
    }

    /// The work of these tests: one row, and an answer that no other run gives, because sequences are not rolled back.
    func pay(_ transaction: PostgresTransaction) async throws -> Outcome {
        let id = try await transaction.queryRow("INSERT INTO effects (name) VALUES (\(key)) RETURNING id")
            .decode(Int.self)
        return Outcome(
            status: 201, headers: [.location: "/payments/\(id)", .setCookie: "session=\(id)"],
            body: Array("payment \(id)".utf8))
    }
}

/// An error of the work's own, to be recognised by its number.
struct WorkFailure: Error, Equatable {
    var number = 0
}

extension Idempotency {
    func perform(
        _ request: KeyedRequest, policy: IdempotencyPolicy? = nil,
        finalOutcome: ((any Error) async throws -> Outcome?)? = nil,
        isolation: isolated (any Actor)? = #isolation,
        _ work: (PostgresTransaction) async throws -> Outcome
    ) async throws -> Performed {
        try await perform(
            scope: request.scope, key: IdempotencyKey(parsing: request.key), fingerprint: request.fingerprint,
            policy: policy, finalOutcome: finalOutcome, work)
    }

    /// Performs the request's usual work.
    func pay(
        _ request: KeyedRequest = KeyedRequest(), policy: IdempotencyPolicy? = nil,
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> Performed {
        try await perform(request, policy: policy) { try await request.pay($0) }
    }

    /// Asks again after errors of the moment, as a client does that wants to be served.
    func payUntilServed(_ request: KeyedRequest) async throws -> Performed {
        let served = Mailbox<Performed>()
        try await waitUntil("\(request.key) is served", deadline: .seconds(30)) {
            do {
                served.put(try await pay(request))
                return true
            } catch let error as IdempotencyError
                where [.unavailable, .inFlight, .outcomeUnknown].contains(error.code)
            {
                return false
            } catch let error as PostgresError where error.isTransient {
                return false
            }
        }
        return try served.take()
    }
}

/// Counts, from any task.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    /// Returns the new count.
    @discardableResult
    func increment() -> Int { count.add(1, ordering: .sequentiallyConsistent).newValue }
}

/// Runs the body and returns what became of it.
func result<Value>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
) async -> Result<Value, any Error> {
    do {
        return .success(try await body())
    } catch {
        return .failure(error)
    }
}

extension Result {
    var success: Success? { if case .success(let value) = self { value } else { nil } }
    var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}

/// Runs the body and returns the code of the `IdempotencyError` that it throws.
func idempotencyError(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> some Sendable
) async -> IdempotencyError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? IdempotencyError)?.code
    }
}

/// Runs the body and returns the `PostgresError` that it throws.
func postgresError(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> some Sendable
) async -> PostgresError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? PostgresError
    }
}

extension PerformFixture {
    /// Lets the first statements of a kind fail: a trigger counts in a sequence, which no rollback undoes.
    ///
    /// - Parameters:
    ///   - sqlState: what they fail with.
    ///   - times: how many of them.
    ///   - event: the trigger's time, table and level; `CONSTRAINT` triggers can be deferred to COMMIT.
    func failOnce(_ sqlState: String, times: Int = 1, _ event: String) async throws {
        try await observer.execute("CREATE SEQUENCE failures")
        try await observer.execute(
            """
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF nextval('failures') <= \(unescaped: "\(times)") THEN
                RAISE EXCEPTION 'on purpose' USING ERRCODE = '\(unescaped: sqlState)';
              END IF;
              RETURN NEW;
            END $$
            """)
        let kind = event.contains("DEFERRABLE") ? "CONSTRAINT TRIGGER" : "TRIGGER"
        try await observer.execute(
            "CREATE \(unescaped: kind) fail \(unescaped: event) EXECUTE FUNCTION fail()")
    }
}
