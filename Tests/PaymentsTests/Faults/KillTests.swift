import AsyncHTTPClient
import LibPQ
import NIOHTTP1
import PaymentsSupport
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@Suite("kill -9 under load", .serialized, .timeLimit(.minutes(5)))
struct KillTests {
    private static let payments = 240
    private static let kills = 3
    private static let clients = 8

    /// What the clients know: the answers that they have seen, and how many of them differed from an earlier one.
    private final class Book: Sendable {
        private let state = Mutex<(answers: [Int: String], contradictions: Int)>(([:], 0))

        var answered: Int { state.withLock { $0.answers.count } }
        var contradictions: Int { state.withLock { $0.contradictions } }

        func note(_ key: Int, _ body: String) {
            state.withLock { state in
                if let earlier = state.answers[key], earlier != body { state.contradictions += 1 }
                state.answers[key] = body
            }
        }

        func has(_ key: Int) -> Bool { state.withLock { $0.answers[key] != nil } }
        func body(_ key: Int) -> String? { state.withLock { $0.answers[key] } }
    }

    @Test("Row 11: Every key pays exactly once, what was answered stays answered, and the books balance")
    func kill() async throws {
        try await withTestDatabase { database in
            let environment = PaymentsService.environment(database)
            let client = HTTPClient(eventLoopGroupProvider: .singleton)
            let book = Book()
            var process = try await PaymentsProcess.serve(environment)
            do {
                try await database.pool.execute(
                    """
                    INSERT INTO accounts (tenant, balance, currency) SELECT 'acme', 1000000, 'EUR' FROM generate_series(1, 10)
                    """)
                // Kills at a third and at two thirds of the way, and once more while everything is retried.
                for round in 1...Self.kills {
                    let goal = min(Self.payments * round / Self.kills, Self.payments - 1)
                    try await Self.run(against: process, database, client, book, until: goal)
                    process.signal(SIGKILL)
                    try await process.end()
                    await process.dispose()
                    process = try await PaymentsProcess.serve(environment)
                }
                try await Self.run(against: process, database, client, book, until: nil)
                #expect(book.answered == Self.payments)

                // Every key once more: replays only, and the bytes that were answered before.
                let service = PaymentsService(process: process, database: database, client: client)
                for key in 0..<Self.payments {
                    let answer = try await Self.pay(key, service)
                    #expect(answer.isReplay)
                    #expect(answer.body == book.body(key))
                }
                #expect(book.contradictions == 0)
                #expect(try await service.count("payments") == Self.payments)
                #expect(try await service.count("idempotency.keys") == Self.payments)
                let (references, moved, left) = try await database.pool.queryRow(
                    """
                    SELECT (SELECT count(DISTINCT reference) FROM payments), (SELECT sum(amount)::bigint FROM payments),
                           (SELECT sum(balance)::bigint FROM accounts)
                    """
                ).decode((Int, Int64, Int64).self)
                #expect(references == Self.payments)
                #expect(moved + left == 10_000_000)
            } catch {
                await process.dispose()
                try? await client.shutdown()
                throw error
            }
            await process.dispose()
            try await client.shutdown()
        }
    }

    private static func pay(_ key: Int, _ service: PaymentsService) async throws -> Answer {
        try await service.pay(Int64(key) + 1, from: Int64(key % 10) + 1, key: "key-\(key)", reference: "order-\(key)")
    }

    /// Clients pay and retry until `goal` keys are answered (then they may be cut off), or all of them when it is nil.
    private static func run(
        against process: PaymentsProcess, _ database: TestDatabase, _ client: HTTPClient, _ book: Book, until goal: Int?
    ) async throws {
        let service = PaymentsService(process: process, database: database, client: client)
        let deadline = ContinuousClock.now + .seconds(90)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<clients {
                group.addTask {
                    for key in stride(from: number, to: payments, by: clients) where !book.has(key) {
                        while true {
                            if let goal, book.answered >= goal {
                                // The kill comes now, with the other clients' requests running.
                                process.signal(SIGKILL)
                                return
                            }
                            guard ContinuousClock.now < deadline else { throw TooSlow(answered: book.answered) }
                            guard let answer = try? await pay(key, service) else {
                                if process.isRunning { continue }
                                return
                            }
                            if answer.status == 201 {
                                book.note(key, answer.body)
                                break
                            }
                            // In flight on a dying backend, or the database is busy: the same key again.
                            guard [409, 503].contains(answer.status) else { throw Unexpected(answer: answer) }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private struct TooSlow: Error { let answered: Int }
    private struct Unexpected: Error { let answer: Answer }
}
