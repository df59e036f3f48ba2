import Foundation
import Synchronization
import TestSupport
import Testing

@testable import LibPQ

@Suite("Looking up a host's name", .serialized, .timeLimit(.minutes(1)))
struct NameLookupTests {
    /// A DNS server that is dead, until told otherwise.
    private final class DeadResolver: Sendable {
        private let end = DispatchSemaphore(value: 0)
        private let calls = Atomic<Int>(0)

        var callCount: Int { calls.load(ordering: .sequentiallyConsistent) }

        func configuration(timeout: Duration) throws -> PostgresConnection.Configuration {
            var configuration = try PostgresConnection.Configuration(url: "host=db.example.test sslmode=disable")
            configuration.connectTimeout = timeout
            configuration.resolver = { [self] _ throws(PostgresError) in
                calls.add(1, ordering: .sequentiallyConsistent)
                end.wait()
                return ["127.0.0.1"]
            }
            return configuration
        }

        func release() {
            for _ in 0..<callCount { end.signal() }
        }
    }

    @Test("ends at the connect timeout though the resolver hangs, and blocks no thread that others need")
    func timeout() async throws {
        let resolver = DeadResolver()
        defer { resolver.release() }
        let configuration = try resolver.configuration(timeout: .milliseconds(300))
        let start = ContinuousClock.now
        // More than the cooperative pool has threads.
        try await withThrowingTaskGroup(of: PostgresError?.self) { group in
            for _ in 0..<32 {
                group.addTask { await postgresError { try await PostgresConnection.connect(configuration) } }
            }
            for try await error in group {
                #expect(error?.code == .connectTimeout)
                #expect(error?.message.contains("db.example.test") == true)
            }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(resolver.callCount == 32)
    }

    @Test("ends at once when the calling task is cancelled")
    func cancelled() async throws {
        let resolver = DeadResolver()
        defer { resolver.release() }
        let configuration = try resolver.configuration(timeout: .seconds(600))
        let connecting = Task { try await PostgresConnection.connect(configuration) }
        try await waitUntil("the resolver is asked") { resolver.callCount == 1 }
        connecting.cancel()
        #expect(await postgresError { try await connecting.value }?.code == .cancelled)
    }

    @Test("that does not exist fails with connectionFailed and the name, and the next host is tried")
    func unknownName() async throws {
        try await withTestDatabase { database in
            var configuration = try database.configuration([
                "host": "no-such-host.invalid,localhost", "port": "\(try await database.tcpPort)",
            ])
            let connection = try await PostgresConnection.connect(configuration)
            await connection.close()
            configuration = try database.configuration(["host": "no-such-host.invalid"])
            let error = await postgresError { try await PostgresConnection.connect(configuration) }
            #expect(error?.code == .connectionFailed)
            #expect(error?.message.contains("could not translate host name \"no-such-host.invalid\"") == true)
        }
    }

    @Test("is not done for addresses and sockets")
    func notNames() {
        for host in ["127.0.0.1", "::1", "2001:db8::1", "/tmp", "@abstract", ""] { #expect(!NameLookup.isName(host)) }
        for host in ["localhost", "db.example.com", "127.example.com"] { #expect(NameLookup.isName(host)) }
    }

    #if os(Linux)  // elsewhere only 127.0.0.1 is there
    @Test("finds several addresses: one that refuses or never answers leaves the others their time")
    func severalAddresses() async throws {
        try await withTestDatabase { database in
            let port = try await database.tcpPort
            let blackHole = try LoopbackListener(host: 2, port: port)
            var configuration = try database.configuration([
                "host": "db.example.test", "port": "\(port)", "sslmode": "disable",
            ])
            // A ninth of the time for the black hole, the rest for a server that may be slow today.
            configuration.connectTimeout = .seconds(20)
            configuration.resolver = { _ throws(PostgresError) in
                ["127.0.0.3", "127.0.0.2"] + [String](repeating: "127.0.0.1", count: 8)
            }
            let connection = try await PostgresConnection.connect(configuration)
            let wasVisited = blackHole.hasVisitor
            #expect(wasVisited)
            #expect(try await connection.queryRow("SELECT host(inet_server_addr())").decode(String.self) == "127.0.0.1")
            await connection.close()

            configuration.connectTimeout = .milliseconds(300)
            configuration.resolver = { _ throws(PostgresError) in ["127.0.0.2", "127.0.0.2"] }
            let error = await postgresError { try await PostgresConnection.connect(configuration) }
            #expect(error?.code == .connectTimeout)
            #expect(error?.message.contains("127.0.0.2") == true)

            configuration.resolver = { _ throws(PostgresError) in ["127.0.0.3"] }
            let refused = await postgresError { try await PostgresConnection.connect(configuration) }
            let words = "\"db.example.test\" (127.0.0.3), port \(port) failed: Connection refused"
            #expect(refused?.message.contains(words) == true, "names the host, too")
        }
    }
    #endif
}
