import TestSupport
import Testing

@testable import LibPQ

@Suite("Connecting", .serialized, .timeLimit(.minutes(1)))
struct ConnectTests {
    private let password = "correct-horse-battery"

    private func failure(_ configuration: PostgresConnection.Configuration) async -> PostgresError? {
        let error = await postgresError { try await PostgresConnection.connect(configuration) }
        for text in [error?.message, error?.description, error?.debugDescription] {
            #expect(text?.contains(password) == false)
        }
        return error
    }

    @Test("fails with connectionFailed when no server is there, and names the address")
    func noServer() async throws {
        let closedPort = try LoopbackListener().port  // closed at once
        let error = await failure(try .init(url: "postgresql://u:\(password)@127.0.0.1:\(closedPort)/d"))
        #expect(error?.code == .connectionFailed)
        #expect(error?.isTransient == true)
        #expect(error?.message.contains("127.0.0.1") == true)
        #expect(error?.message.contains("\(closedPort)") == true)
        let noSocket = await failure(try .init(url: "host=/nowhere password=\(password)"))
        #expect(noSocket?.code == .connectionFailed)
        let noHost = await failure(try .init(url: "host=no-such-host.invalid password=\(password) sslmode=disable"))
        #expect(noHost?.code == .connectionFailed)
    }

    @Test("fails with authenticationFailed for a wrong password or an unknown role")
    func wrongPassword() async throws {
        try await withTestDatabase { database in
            try await database.pool.execute("CREATE ROLE \(unescaped: database.name) LOGIN PASSWORD 'right'")
            let right = ["user": database.name, "password": "right"]
            let connection = try await PostgresConnection.connect(database.configuration(right))
            #expect(try await connection.queryRow("SELECT current_user::text").decode(String.self) == database.name)
            await connection.close()
            let wrong = await failure(
                try database.configuration(["user": database.name, "password": password]))
            #expect(wrong?.code == .authenticationFailed)
            #expect(wrong?.sqlState == .invalidPassword)
            #expect(wrong?.message.contains(database.name) == true)
            let unknown = await failure(try database.configuration(["user": "nobody_at_all", "password": password]))
            #expect(unknown?.code == .authenticationFailed)
            #expect(unknown?.message.contains("nobody_at_all") == true)
            try await database.pool.execute("DROP ROLE \(unescaped: database.name)")
        }
    }

    @Test("fails with databaseNotFound when there is no such database")
    func noDatabase() async throws {
        try await withTestDatabase { database in
            let error = await postgresError {
                try await PostgresConnection.connect(database.configuration(["dbname": "no_such_database"]))
            }
            #expect(error?.code == .databaseNotFound)
            #expect(error?.sqlState == .invalidCatalogName)
            #expect(error?.message.contains("no_such_database") == true)
        }
    }

    @Test("gives up at the connect timeout when the server never answers")
    func timeout() async throws {
        let listener = try LoopbackListener()
        var configuration = try PostgresConnection.Configuration(
            url: "postgresql://u:\(password)@127.0.0.1:\(listener.port)/d")
        configuration.connectTimeout = .milliseconds(300)
        let start = ContinuousClock.now
        let error = await failure(configuration)
        let duration = ContinuousClock.now - start
        #expect(error?.code == .connectTimeout)
        #expect(error?.message.contains("\(listener.port)") == true)
        #expect(duration >= .milliseconds(300) && duration < .seconds(30), "\(duration)")
    }

    @Test("sets lock timeout, encoding and application name, and shows the backend's process")
    func session() async throws {
        try await withTestDatabase { database in
            var configuration = try database.configuration(["application_name": "a test's name"])
            configuration.lockTimeout = .milliseconds(1234)
            let connection = try await PostgresConnection.connect(configuration)
            let row = try await connection.queryRow(
                """
                SELECT current_setting('lock_timeout'), current_setting('client_encoding'),
                       current_setting('application_name'), pg_backend_pid()
                """)
            let (lockTimeout, encoding, name, process) = try row.decode((String, String, String, Int32).self)
            #expect(lockTimeout == "1234ms")
            #expect(encoding == "UTF8")
            #expect(name == "a test's name")
            #expect(process == (await connection.backendProcessID))
            await connection.close()
            await connection.close()
            #expect(await connection.backendProcessID == 0)
            #expect(await postgresError { try await connection.execute("SELECT 1") }?.code == .connectionClosed)
            #expect(await postgresError { try await connection.withTransaction { _ in } }?.code == .connectionClosed)
        }
    }
}
