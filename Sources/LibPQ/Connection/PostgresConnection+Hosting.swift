extension PostgresConnection {
    /// Runs `body` on the connection's thread: as part of this actor if its caller belongs to no actor, so that its statements
    /// change no executor; else on the caller's actor.
    ///
    /// What `body` calls that is not isolated prefers the thread, too.
    func host<T, Failure: Error>(
        isolation: isolated (any Actor)?, _ body: (PostgresConnection) async throws(Failure) -> T
    ) async throws(Failure) -> T {
        if isolation == nil { return try await withoutActuallyEscaping(body, do: host) }
        return try await withTaskExecutorPreference(thread.bodies) { () throws(Failure) in try await body(self) }
    }

    private nonisolated func host<T, Failure: Error>(
        _ body: @escaping (PostgresConnection) async throws(Failure) -> T
    ) async throws(Failure) -> T {
        // Not within the closure, whose captures the compiler would not let go.
        let guest = Guest(body: body)
        return try await withTaskExecutorPreference(thread.bodies) { () throws(Failure) in
            try await run(guest).value
        }
    }

    private func run<T, Failure: Error>(_ guest: Guest<T, Failure>) async throws(Failure) -> Handover<T> {
        // Also lets the optimizer keep the change to this actor, which Swift 6.3 leaves out where nothing but a call follows.
        preconditionIsolated()
        return Handover(value: try await guest.body(self))
    }
}

/// Takes a caller's closure to the connection's actor.
///
/// `@unchecked Sendable`: the caller belongs to no actor and is suspended meanwhile, so that what the closure has captured is touched
/// by one task, first there and then here.
private struct Guest<T, Failure: Error>: @unchecked Sendable {
    let body: (PostgresConnection) async throws(Failure) -> T
}

/// Takes the closure's result back.
///
/// `@unchecked Sendable`: for the same reason.
private struct Handover<T>: @unchecked Sendable {
    let value: T
}
