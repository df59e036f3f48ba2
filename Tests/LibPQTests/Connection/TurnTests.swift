import Synchronization
import TestSupport
import Testing

@testable import LibPQ

/// An actor may serve another caller at every `await`, calls of its own methods included. Each test lets callers arrive together.
@Suite("The turn of a connection", .serialized, .timeLimit(.minutes(2)))
struct TurnTests {
    private final class Counter: Sendable {
        private let value = Atomic<Int>(0)
        func increment() { value.add(1, ordering: .sequentiallyConsistent) }
        var count: Int { value.load(ordering: .sequentiallyConsistent) }
    }

    /// Runs the bodies in tasks of their own whose first calls on the connection wait for its thread together.
    private func together(
        on connection: PostgresConnection, _ bodies: (@Sendable () async throws -> Void)...
    ) async throws {
        let go = Counter()
        try await withThrowingTaskGroup { group in
            group.addTask(executorPreference: connection.thread.bodies) { while go.count == 0 {} }
            for body in bodies { group.addTask { try await body() } }
            for _ in 0..<20 { await Task.yield() }
            go.increment()
            try await group.waitForAll()
        }
    }

    @Test("reaches who asks for it in the moment in which it becomes free")
    func handedOver() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            for round in 0..<200 {
                try await together(
                    on: connection, { await connection.holdTurn(for: round % 10) },
                    { try await connection.execute("SELECT 1") })
            }
        }
    }

    @Test("does not matter to who waits for notifications while the connection is closed")
    func notificationsClosed() async throws {
        try await withTestDatabase { database in
            for _ in 0..<100 {
                let connection = try await database.connect()
                try await together(
                    on: connection,
                    {
                        let error = await postgresError { _ = try await connection.nextNotifications() }
                        #expect(error?.code == .connectionClosed)
                    },
                    { await connection.close() })
            }
        }
    }
}

extension PostgresConnection {
    /// Lets others in.
    private func pass() async {}

    fileprivate func holdTurn(for calls: Int) async {
        await enter()
        for _ in 0..<calls { await pass() }
        leave()
    }
}
