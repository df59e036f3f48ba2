import Hummingbird

/// Looks the key up before it asks who is there: a revoked token still gets the stored answer.
struct AuthorizesLate: KeyedServer {
    let memory = Memory()

    func principal(of request: Request) -> String? { request.headers[.authorization] ?? "nobody" }

    func id(of key: String, principal: String) -> String { key }

    func work(_ order: Order, principal: String, request: Request) async throws -> StoredAnswer {
        guard principal != "nobody" else { return StoredAnswer(.unauthorized) }
        return try await pay(order, principal: principal)
    }
}
