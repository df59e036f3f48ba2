import TestSupport
import Testing

@testable import LibPQ

@Suite("TLS", .serialized, .timeLimit(.minutes(2)))
struct TLSTests {
    private func connect(_ configuration: PostgresConnection.Configuration) async throws -> Bool {
        let connection = try await PostgresConnection.connect(configuration)
        return try await connection.queryRow("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").decode(
            Bool.self)
    }

    @Test("accepts the right certificate, and refuses each wrong one with the reason")
    func verification() async throws {
        try await TLSServer.with { server in
            try await server.show(.valid)
            try await waitUntil("the server speaks TLS") {
                (try? await connect(server.configuration("sslmode=verify-full CA"))) == true
            }
            #expect(try await connect(server.configuration("sslmode=verify-full CA channel_binding=require")))
            #expect(try await connect(server.configuration("sslmode=require")), "asks for no certificate")

            let wrongName = await postgresError {
                try await connect(server.configuration(host: "other.example.test", "sslmode=verify-full CA"))
            }
            #expect(wrongName?.code == .connectionFailed)
            #expect(wrongName?.message.contains("does not match host name \"other.example.test\"") == true)
            #expect(try await connect(server.configuration(host: "other.example.test", "sslmode=verify-ca CA")))

            let unknown = await postgresError { try await connect(server.configuration("sslmode=verify-full OTHER")) }
            #expect(unknown?.code == .connectionFailed)
            #expect(unknown?.message.contains("certificate verify failed") == true)

            try await server.show(.expired)
            try await waitUntil("the expired certificate is refused") {
                let expired = await postgresError { try await connect(server.configuration("sslmode=verify-full CA")) }
                return expired?.message.contains("certificate verify failed") == true
            }

            try await server.show(nil)
            try await waitUntil("a server without TLS is refused") {
                let plain = await postgresError { try await connect(server.configuration("sslmode=verify-full CA")) }
                return plain?.message.contains("server does not support SSL, but SSL was required") == true
            }
        }
    }

    @Test("is demanded of a remote host when nobody has said anything")
    func remoteDefault() async throws {
        try await TLSServer.with { server in
            // 0.0.0.0 is this machine, and nothing in its name says so.
            let plain = await postgresError {
                try await connect(server.configuration(host: "0.0.0.0", address: nil, ""))
            }
            #expect(plain?.message.contains("server does not support SSL, but SSL was required") == true)
            #expect(try await !connect(server.configuration(host: "0.0.0.0", address: nil, "sslmode=disable")))
            #expect(try await !connect(server.configuration("")), "the loopback address needs none")

            try await server.show(.valid)
            try await waitUntil("the certificate is looked at") {
                let untrusted = await postgresError {
                    try await connect(server.configuration(host: "0.0.0.0", address: nil, ""))
                }
                return untrusted?.message.contains("certificate verify failed") == true
            }
        }
    }

    @Test("checks the name that was looked up against the certificate, though it is the address that is connected to")
    func lookedUpName() async throws {
        try await TLSServer.with { server in
            try await server.show(.valid)
            let configuration = { (host: String, options: String) in
                var configuration = try server.configuration(host: host, address: nil, options)
                configuration.resolver = { _ throws(PostgresError) in ["127.0.0.1"] }
                return configuration
            }
            try await waitUntil("the right name is accepted, with nothing said but whom to trust") {
                (try? await connect(configuration(TLSServer.name, "CA"))) == true
            }
            let wrongName = await postgresError { try await connect(configuration("other.example.test", "CA")) }
            #expect(wrongName?.message.contains("does not match host name \"other.example.test\"") == true)
            let untrusted = await postgresError { try await connect(configuration(TLSServer.name, "")) }
            #expect(untrusted?.message.contains("certificate verify failed") == true)
        }
    }

    @Test("is demanded of a remote host that only a service's file names")
    func service() async throws {
        // In a process of its own, because the environment says where the file is.
        await #expect(processExitsWith: .success) {
            try await TLSServer.with { server in
                let connect = { (options: String) in
                    await postgresError {
                        _ = try await PostgresConnection.connect(
                            server.serviceConfiguration("host=0.0.0.0\n" + options))
                    }
                }
                let refused = await connect("")
                #expect(refused?.message.contains("server does not support SSL, but SSL was required") == true)
                #expect(await connect("sslmode=disable") == nil, "the file may say otherwise")
            }
        }
    }

    @Test("carries everything: statements, large values, streams, COPY, and a deadline that cancels")
    func conversation() async throws {
        try await TLSServer.with { server in
            try await server.show(.valid)
            let configuration = try server.configuration("sslmode=verify-full CA")
            try await waitUntil("the server speaks TLS") { (try? await connect(configuration)) == true }
            let connection = try await PostgresConnection.connect(configuration)
            let bytes = [UInt8](repeating: 7, count: 5_000_000)
            #expect(try await connection.queryRow("SELECT \(bytes)").decode([UInt8].self) == bytes)
            var count = 0
            for try await _ in connection.stream("SELECT repeat('x', 1000) FROM generate_series(1, 20000)") {
                count += 1
            }
            #expect(count == 20_000)
            try await connection.execute("CREATE TEMP TABLE t (id int8)")
            let copied = try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)") { copy in
                for id in 0..<100_000 { try await copy.write(id) }
            }
            #expect(copied == 100_000)
            let late = await postgresError {
                try await connection.execute("SELECT pg_sleep(600)", deadline: .now + .milliseconds(100))
            }
            #expect(late?.sqlState == .queryCanceled)
            #expect(try await connection.queryRow("SELECT count(*) FROM t").decode(Int.self) == 100_000)
        }
    }
}
