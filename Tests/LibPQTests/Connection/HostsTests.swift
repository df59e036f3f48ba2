import TestSupport
import Testing

@testable import LibPQ

@Suite("Several hosts", .serialized, .timeLimit(.minutes(2)))
struct HostsTests {
    /// A port where nobody listens.
    private func refused() throws -> Int { try LoopbackListener().port }

    private func configuration(
        _ database: TestDatabase, ports: [Int], _ attributes: String = "any", timeout: Duration = .seconds(10)
    ) throws -> PostgresConnection.Configuration {
        let hosts = ports.map { _ in "127.0.0.1" }.joined(separator: ",")
        var configuration = try database.configuration([
            "host": hosts, "hostaddr": hosts, "port": ports.map(String.init).joined(separator: ","),
            "target_session_attrs": attributes,
        ])
        configuration.connectTimeout = timeout
        return configuration
    }

    @Test("are tried on when one refuses or never answers, each with a time-out of its own")
    func skipped() async throws {
        try await withTestDatabase { database in
            let blackHole = try LoopbackListener()
            let ports = [try refused(), blackHole.port, blackHole.port, try await database.tcpPort]
            let connection = try await PostgresConnection.connect(
                configuration(database, ports: ports, timeout: .seconds(4)))
            #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
        }
    }

    #if os(Linux)  // where loopback answers at once, or not at all
    @Test("are tried on when nothing comes back from one: the next has a socket of the same number")
    func unreachable() async throws {
        try await withTestDatabase { database in
            var swallowed = try LoopbackListener(backlog: 0)
            try swallowed.fill()
            let configuration = try configuration(
                database, ports: [swallowed.port, try await database.tcpPort], timeout: .seconds(3))
            // Another test may take the number meanwhile, but not each time.
            for _ in 0..<3 {
                let connection = try await PostgresConnection.connect(configuration)
                #expect(try await connection.queryRow("SELECT 1").decode(Int.self) == 1)
                await connection.close()
            }
            let isFull = swallowed.hasVisitor
            #expect(isFull)
        }
    }
    #endif

    @Test("none of which will do are each named with their reason")
    func none() async throws {
        try await withTestDatabase { database in
            let blackHole = try LoopbackListener()
            let refused = try refused()
            let error = await postgresError {
                try await PostgresConnection.connect(
                    configuration(database, ports: [refused, blackHole.port], timeout: .milliseconds(300)))
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

    @Test("are not tried on when a server cannot speak TLS that is demanded: what is misconfigured shows at once")
    func refusedTLS() async throws {
        try await withTestDatabase { database in
            let port = try await database.tcpPort
            let blackHole = try LoopbackListener()
            var configuration = try database.configuration([
                "host": "127.0.0.1,127.0.0.1", "port": "\(port),\(blackHole.port)", "sslmode": "require",
            ])
            configuration.connectTimeout = .seconds(30)
            let error = await postgresError { try await PostgresConnection.connect(configuration) }
            #expect(error?.code == .connectionFailed)
            #expect(error?.message.contains("server does not support SSL, but SSL was required") == true)
            let wasVisited = blackHole.hasVisitor
            #expect(!wasVisited)
        }
    }

    @Test("are a primary and a standby, told apart by target_session_attrs and followed when the standby is promoted")
    func standby() async throws {
        let blackHole = try LoopbackListener()
        try await ReplicatedPair.with { pair in
            let configuration = { (attributes: String) throws -> PostgresConnection.Configuration in
                var configuration = try PostgresConnection.Configuration(
                    url: pair.conninfo(attributes, between: [blackHole.port]))
                configuration.connectTimeout = .milliseconds(1500)
                return configuration
            }
            let connect = { (attributes: String) async throws -> (isStandby: Bool, canWrite: Bool) in
                let connection = try await PostgresConnection.connect(configuration(attributes))
                let row = try await connection.queryRow(
                    "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'off'")
                await connection.close()
                return try row.decode((Bool, Bool).self)
            }
            // The primary is named first, then comes a black hole.
            for attributes in ["standby", "read-only", "prefer-standby"] {
                #expect(try await connect(attributes) == (isStandby: true, canWrite: false), "\(attributes)")
            }
            for attributes in ["primary", "read-write", "any"] {
                #expect(try await connect(attributes) == (isStandby: false, canWrite: true), "\(attributes)")
            }

            let pool = PostgresPool(configuration: .init(connection: try configuration("read-write")))
            try await pool.execute("CREATE TABLE t (id int8)")
            try await pair.failOver()
            try await waitUntil("the pool writes to the new primary", deadline: .seconds(30)) {
                await postgresError { try await pool.execute("INSERT INTO t VALUES (1)") } == nil
            }
            let error = await postgresError { try await connect("standby") }
            #expect(error?.code == .connectionFailed)
            #expect(error?.message.contains("server is not in hot standby mode") == true)
            #expect(error?.message.contains("Connection refused") == true)
            #expect(try await connect("prefer-standby") == (isStandby: false, canWrite: true))
            await pool.close()
        }
    }

    @Test("and a connect that is cancelled: it ends at once, in the middle of a host that never answers")
    func cancelled() async throws {
        let blackHole = try LoopbackListener()
        let configuration = try PostgresConnection.Configuration(
            url: "host=127.0.0.1,127.0.0.1 port=\(blackHole.port) connect_timeout=60")
        let connecting = Task { try await PostgresConnection.connect(configuration) }
        try await waitUntil("the host has been reached") { blackHole.hasVisitor }
        let start = ContinuousClock.now
        connecting.cancel()
        #expect(await postgresError { try await connecting.value }?.code == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(20), "the time-out is a minute")
    }
}
