import Idempotency

/// Sends a request until there is a final answer, as a client does that has lost its connection.
struct RetryingClient {
    /// How sending ended.
    enum Result {
        case answered(Outcome)
        /// No final answer came; what the last attempt came to.
        case unanswered(String)
    }

    /// Long enough for a server to end a session whose client has gone, short against a person's patience.
    private static let pause: Duration = .milliseconds(20)

    let send: () async throws -> Outcome

    /// - Throws: `CancellationError` when the task is cancelled.
    func answer(expecting status: Int) async throws -> Result {
        var attempt = 1
        while true {
            let result = await attemptOnce()
            try Task.checkCancellation()
            switch RetryDecision.after(status: (try? result.get())?.status, attempt: attempt, expected: status) {
            case .accept: return .answered(try result.get())
            case .giveUp: return .unanswered(Self.description(of: result))
            case .retry: try await Task.sleep(for: Self.pause * attempt)
            }
            attempt += 1
        }
    }

    private func attemptOnce() async -> Swift.Result<Outcome, any Error> {
        do { return .success(try await send()) } catch { return .failure(error) }
    }

    private static func description(of result: Swift.Result<Outcome, any Error>) -> String {
        switch result {
        case .success(let outcome): "status \(outcome.status)"
        case .failure(let error): "the error \(String(reflecting: error))"
        }
    }
}
