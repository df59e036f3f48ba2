import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import IdempotencyTesting
import LibPQ
import Logging
import Testing

@testable import Payments

/// The service's own handlers, with the connection to the database cut around each of their statements.
@Suite("Cut connections", .timeLimit(.minutes(3)))
struct CutTests {
    /// A request, and what it is answered.
    struct Call: Sendable, CustomTestStringConvertible {
        let path: String
        let body: String
        let status: Int
        var testDescription: String { "POST \(path) \(body): \(status)" }
    }

    private static let payment = "4e1ff6b5-0000-4000-8000-000000000000"

    private static let calls = [
        Call(
            path: "/payments", body: #"{"account_id": 1, "amount": 100, "currency": "EUR", "reference": "r"}"#,
            status: 201),
        Call(path: "/payments", body: #"{"account_id": 1, "amount": 5000, "currency": "EUR"}"#, status: 402),
        Call(path: "/payments/\(payment)/refunds", body: #"{"amount": 200}"#, status: 201),
        Call(path: "/payments/\(payment)/refunds", body: #"{"amount": 301}"#, status: 409),
        Call(path: "/accounts", body: #"{"balance": 10, "currency": "EUR"}"#, status: 201),
    ]

    private static func prepare(_ connection: PostgresConnection) async throws {
        try await connection.execute("INSERT INTO accounts (tenant, balance, currency) VALUES ('acme', 1000, 'EUR')")
        try await connection.execute(
            """
            INSERT INTO payments (id, tenant, account_id, amount, currency)
            VALUES (\(unescaped: "'\(payment)'"), 'acme', 1, 300, 'EUR')
            """)
    }

    private static func router(_ databaseURL: String) async throws -> Router<PaymentsContext> {
        let quiet = Logger(label: "payments", factory: { _ in SwiftLogNoOpLogHandler() })
        let reader = Settings.reader(environment: [
            "DATABASE_URL": databaseURL, "PAYMENTS_API_TOKENS": PaymentsService.tokens,
        ])
        let database = try await Database.open(DatabaseSettings(reader), logger: quiet)
        return PaymentsRouter(
            settings: try ServerSettings(reader), database: database,
            idempotency: Idempotency(pool: database.pool, logger: quiet)
        ).build()
    }

    @Test("POST has one effect and one answer wherever the connection breaks", arguments: calls)
    func survives(call: Call) async throws {
        let report = try await expectIdempotent(migrations: Database.migrations, prepare: Self.prepare) { databaseURL in
            let router = try await Self.router(databaseURL)
            return try await Application(router: router).test(.router) { client in
                let answer = try await client.execute(
                    uri: call.path, method: .post,
                    headers: [
                        .authorization: "Bearer acme-token", .contentType: "application/json", .idempotencyKey: "k",
                    ], body: ByteBuffer(string: call.body))
                #expect(answer.status.code == call.status || answer.status.code >= 500, "\(answer.status)")
                return Outcome(status: answer.status.code, headers: answer.headers, body: Array(buffer: answer.body))
            }
        }
        #expect(report.missed == [])
        #expect(report.cuts.count { $0.statement.hasPrefix("COMMIT") } == 2)
    }
}
