import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import IdempotencyTesting
import LibPQ
import Testing

/// The README's test of the README's service.
@Suite("The service of the README", .timeLimit(.minutes(3)))
struct OrdersServiceTests {
    private let headers: HTTPFields = [.contentType: "application/json", .idempotencyKey: "order-17"]
    private let order = ByteBuffer(string: #"{"item": "tea", "quantity": 2}"#)

    private func createOrders(_ connection: PostgresConnection) async throws {
        try await connection.execute(
            "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, item text, quantity int)")
    }

    private func application(_ databaseURL: String) throws -> some ApplicationProtocol {
        try OrdersService.application(databaseURL: databaseURL) { _ in "acme" }
    }

    // readme: test
    @Test("an order can be retried, whenever the connection to the database breaks")
    func order() async throws {
        try await expectIdempotent(prepare: createOrders) { databaseURL in
            try await application(databaseURL).test(.router) { client in
                let answer = try await client.execute(uri: "/orders", method: .post, headers: headers, body: order)
                return Outcome(status: answer.status.code, headers: answer.headers, body: Array(buffer: answer.body))
            }
        }
    }
    // readme: end
}
