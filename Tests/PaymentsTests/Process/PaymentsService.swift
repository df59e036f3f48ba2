import AsyncHTTPClient
import Foundation
import LibPQ
import NIOCore
import NIOHTTP1
import PaymentsSupport
import TestSupport

/// A running service on a database of its own, and a client for it.
struct PaymentsService: Sendable {
    let process: PaymentsProcess
    let database: TestDatabase
    let client: HTTPClient

    /// The tokens that the service knows.
    static let tokens = "acme:acme-token,globex:globex-token"

    /// Settings for a service on this database.
    static func environment(_ database: TestDatabase) -> [String: String] {
        ["DATABASE_URL": database.url, "PAYMENTS_API_TOKENS": tokens, "LOG_LEVEL": "warning"]
    }

    /// Sends a request.
    /// - Parameters:
    ///   - tenant: whose token is shown; nil for none.
    ///   - key: the idempotency key; nil for none.
    ///   - body: the body, sent as JSON; nil for none.
    func send(
        _ method: HTTPMethod, _ path: String, tenant: String? = "acme", key: String? = nil, body: String? = nil
    ) async throws -> Answer {
        try await Self.send(method, process.url + path, client: client, tenant: tenant, key: key, body: body)
    }

    static func send(
        _ method: HTTPMethod, _ url: String, client: HTTPClient, tenant: String?, key: String?, body: String?
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if let tenant { request.headers.add(name: "Authorization", value: "Bearer \(tenant)-token") }
        if let key { request.headers.add(name: "Idempotency-Key", value: key) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await client.execute(request, timeout: .seconds(30))
        return Answer(
            status: Int(response.status.code), headers: response.headers,
            body: String(buffer: try await response.body.collect(upTo: 1 << 22)))
    }

    /// Pays with a key; by default 100 from the first account.
    func pay(
        _ amount: Int64 = 100, from account: Int64 = 1, key: String, tenant: String = "acme", reference: String? = nil
    ) async throws -> Answer {
        let reference = reference.map { ", \"reference\": \"\($0)\"" } ?? ""
        return try await send(
            .POST, "/payments", tenant: tenant, key: key,
            body: "{\"account_id\": \(account), \"amount\": \(amount), \"currency\": \"EUR\"\(reference)}")
    }

    /// The balance of an account, from the database.
    func balance(of account: Int64) async throws -> Int64 {
        try await database.pool.queryRow("SELECT balance FROM accounts WHERE id = \(account)").decode(Int64.self)
    }

    /// How many rows a table has.
    func count(_ table: String) async throws -> Int {
        try await database.pool.queryRow("SELECT count(*) FROM \(unescaped: table)").decode(Int.self)
    }
}

/// What the service answered.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: String

    var isReplay: Bool { headers.first(name: "Idempotent-Replayed") == "true" }

    /// The JSON body's members.
    var members: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
    }

    /// A member that is text.
    func text(_ name: String) -> String? { members[name] as? String }

    /// A member that is a number.
    func number(_ name: String) -> Int64? { (members[name] as? NSNumber)?.int64Value }

    /// The fragment of a problem's type, nil unless this is a problem+json.
    var problem: String? {
        guard headers.first(name: "Content-Type") == "application/problem+json" else { return nil }
        return text("type")?.split(separator: "#").last.map(String.init)
    }
}

/// Runs a test against a service with accounts 1 and 2 of `acme` and 3 of `globex`, of 1000 EUR cents each.
/// - Parameter settings: further settings of the service.
func withPayments(
    settings: [String: String] = [:], _ test: (PaymentsService) async throws -> Void
) async throws {
    try await withTestDatabase { database in
        let environment = PaymentsService.environment(database).merging(settings) { $1 }
        let process = try await PaymentsProcess.serve(environment)
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        do {
            try await database.pool.execute(
                """
                INSERT INTO accounts (tenant, balance, currency)
                VALUES ('acme', 1000, 'EUR'), ('acme', 1000, 'EUR'), ('globex', 1000, 'EUR')
                """)
            try await test(PaymentsService(process: process, database: database, client: client))
        } catch {
            await process.dispose()
            try? await client.shutdown()
            throw error
        }
        await process.dispose()
        try await client.shutdown()
    }
}
