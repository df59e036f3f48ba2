extension PostgresConnection {
    /// Runs `body` on the connection's thread: as part of this actor if its caller belongs to no actor, so that its statements
    /// change no executor; else on the caller's actor.
    ///
    /// What `body` calls that is not isolated prefers the thread, too.
    func host<T>(
        isolation: isolated (any Actor)?, _ body: (PostgresConnection) async throws -> T
    ) async throws -> T {
        if isolation == nil { return try await withoutActuallyEscaping(body, do: host) }
        return try await withTaskExecutorPreference(thread.bodies) { try await body(self) }
    }

    private nonisolated func host<T>(_ body: @escaping (PostgresConnection) async throws -> T) async throws -> T {
        try await withTaskExecutorPreference(thread.bodies) { try await run(Handover(value: body)).value }
    }

    private func run<T>(_ body: Handover<(PostgresConnection) async throws -> T>) async throws -> Handover<T> {
        lastBodyID += 1
        return Handover(value: try await body.value(self))
    }
}

/// Takes a caller's closure to the connection's actor, and its result back.
///
/// `@unchecked Sendable`: the caller belongs to no actor and is suspended meanwhile, so that what the closure has captured, and what
/// it returns, is touched by one task, first here and then there.
private struct Handover<Value>: @unchecked Sendable {
    let value: Value
}
