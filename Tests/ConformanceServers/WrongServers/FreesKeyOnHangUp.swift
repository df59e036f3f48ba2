import Hummingbird

/// Frees the key when the client hangs up, while the work goes on: the retry runs a second time.
struct FreesKeyOnHangUp: KeyedServer {
    let memory = Memory()

    func work(_ order: Order, principal: String, request: Request) async throws -> StoredAnswer {
        let key = key(in: request.headers[values: .idempotencyKey]) ?? ""
        let id = id(of: key, principal: principal)
        let work = Task {
            // As long as a call of another service.
            try await Task.sleep(for: .milliseconds(200))
            return try await pay(order, principal: principal)
        }
        return try await request.body.consumeWithCancellationOnInboundClose { _ in
            try await withTaskCancellationHandler {
                try await work.value
            } onCancel: {
                Task { await memory.free(id) }
            }
        }
    }
}
