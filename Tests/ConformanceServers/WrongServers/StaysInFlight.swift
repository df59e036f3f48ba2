import Hummingbird

/// Stops working when the client hangs up, and never frees the key: 409 for ever.
struct StaysInFlight: KeyedServer {
    let memory = Memory()

    func work(_ order: Order, principal: String, request: Request) async throws -> StoredAnswer {
        try await request.body.consumeWithCancellationOnInboundClose { _ in
            // As long as a call of another service.
            try await Task.sleep(for: .milliseconds(200))
            return try await pay(order, principal: principal)
        }
    }
}
