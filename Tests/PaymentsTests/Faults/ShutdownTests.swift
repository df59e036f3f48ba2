import AsyncHTTPClient
import LibPQ
import NIOCore
import NIOHTTP1
import PaymentsSupport
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@Suite("Ending the service", .serialized, .timeLimit(.minutes(3)))
struct ShutdownTests {
    @Test("SIGTERM and SIGINT at rest: exit 0", arguments: [SIGTERM, SIGINT])
    func atRest(signal: Int32) async throws {
        try await withPayments { service in
            let answer = try await service.pay(key: "k")
            #expect(answer.status == 201)
            service.process.signal(signal)
            #expect(try await service.process.end() == 0)
            #expect(service.process.errors.isEmpty)
        }
    }

    @Test("SIGTERM while a payment runs: no new request is taken, the payment ends and is answered, exit 0")
    func drain() async throws {
        try await withTestDatabase { database in
            // The payment is to wait for the test's lock for as long as the test likes.
            let url = database.url + (database.url.contains("?") ? "&" : "?") + "options=-c%20lock_timeout%3D60s"
            let environment = PaymentsService.environment(database).merging(["DATABASE_URL": url]) { $1 }
            let process = try await PaymentsProcess.serve(environment)
            let client = HTTPClient(eventLoopGroupProvider: .singleton)
            let service = PaymentsService(process: process, database: database, client: client)
            do {
                try await database.pool.execute(
                    "INSERT INTO accounts (tenant, balance, currency) VALUES ('acme', 1000, 'EUR')")
                let connection = try await database.connect()
                let answer = try await connection.withTransaction { transaction in
                    try await transaction.execute("SELECT FROM accounts FOR UPDATE")
                    let payment = Task { try await service.pay(key: "k") }
                    try await waitUntil("the payment waits for the account") {
                        try await database.pool.queryRow(
                            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                        ).decode(Int.self) == 1
                    }
                    process.signal(SIGTERM)
                    let stranger = HTTPClient(eventLoopGroupProvider: .singleton)
                    try await waitUntil("new connections are refused") {
                        let request = HTTPClientRequest(url: process.url + "/health")
                        return (try? await stranger.execute(request, timeout: .seconds(5))) == nil
                    }
                    try await stranger.shutdown()
                    #expect(process.isRunning)
                    return payment
                }
                #expect(try await answer.value.status == 201)
                #expect(try await process.end() == 0)
                #expect(try await service.balance(of: 1) == 900)
                await connection.close()
            } catch {
                await process.dispose()
                try? await client.shutdown()
                throw error
            }
            await process.dispose()
            try await client.shutdown()
        }
    }
}
