import TestSupport
import Testing

@testable import LibPQ

@Suite("Several hosts", .serialized, .timeLimit(.minutes(2)))
struct HostsTests {
    /// A port where nobody listens.
    private func refused() throws -> Int { try LoopbackListener().port }

    private func configuration(
        _ database: TestDatabase, ports: [Int], _ attributes: String = "any"
    ) throws -> PostgresConnection.Configuration {
        let hosts = ports.map { _ in "127.0.0.1" }.joined(separator: ",")
        var configuration = try database.configuration([
            "host": hosts, "hostaddr": hosts, "port": ports.map(String.init).joined(separator: ","),
            "target_session_attrs": attributes,
        ])
        configuration.connectTimeout = .milliseconds(300)
        return configuration
    }

    @Test("are tried on when one refuses or never answers, each with a time-out of its own")
    func skipped() async throws {
        try await withTestDatabase { database in
            let blackHole = try LoopbackListener()
            let ports = [try refused(), blackHole.port, blackHole.port, try await database.tcpPort]
            let connection = try await PostgresConnection.connect(configuration(database, ports: ports))
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    @Test("none of which will do are each named with their reason")
    func none() async throws {
        try await withTestDatabase { database in
            let blackHole = try LoopbackListener()
            let refused = try refused()
            let error = await postgresError {
                try await PostgresConnection.connect(
                    configuration(database, ports: [refused, blackHole.port]))
            }
            #expect(error?.code == .connectTimeout)
            #expect(error?.message.contains("none of 2 hosts") == true)
            #expect(error?.message.contains("port \(refused) failed: Connection refused") == true)
            #expect(error?.message.contains("port=\(blackHole.port)") == true)
        }
    }

    @Test("are not tried on when a server refuses the password: the next would be asked for it as well")
    func wrongPassword() async throws {
        try await withTestDatabase { database in
            let port = try await database.tcpPort
            let wrong = try PostgresConnection.Configuration(
                url: "host=127.0.0.1,127.0.0.1 port=\(port) user=postgres dbname=\(database.name) password=wrong")
            let error = await postgresError { try await PostgresConnection.connect(wrong) }
            #expect(error?.code == .authenticationFailed)
            #expect(error?.sqlState == .invalidPassword)
            #expect(error?.message.contains("none of") == false)
        }
    }

    @Test("are chosen by target_session_attrs, and a standby may be only preferred")
    func sessionAttributes() async throws {
        try await withTestDatabase { database in
            let port = try await database.tcpPort
            for attributes in ["any", "read-write", "primary", "prefer-standby"] {
                let connection = try await PostgresConnection.connect(
                    configuration(database, ports: [try refused(), port], attributes))
                #expect(try await connection.queryRow("SELECT NOT pg_is_in_recovery()").decode(Bool.self))
            }
            for (attributes, words) in [
                ("read-only", "session is not read-only"), ("standby", "server is not in hot standby mode"),
            ] {
                let error = await postgresError {
                    try await PostgresConnection.connect(configuration(database, ports: [port, port], attributes))
                }
                #expect(error?.code == .connectionFailed)
                #expect(error?.message.contains(words) == true)
            }
        }
    }

    @Test("and a connect that is cancelled: it ends at once, in the middle of a host that never answers")
    func cancelled() async throws {
        let blackHole = try LoopbackListener()
        let configuration = try PostgresConnection.Configuration(
            url: "host=127.0.0.1,127.0.0.1 port=\(blackHole.port) connect_timeout=60")
        let connecting = Task { try await PostgresConnection.connect(configuration) }
        // The connection's thread sits in poll: there is no signal to wait for, and none is needed.
        await Task.yield()
        connecting.cancel()
        #expect(await postgresError { try await connecting.value }?.code == .cancelled)
    }
}
