import EmbeddedPostgres
import Foundation
import TestSupport
import Testing

@testable import LibPQ

@Suite("Credentials", .serialized, .timeLimit(.minutes(2)))
struct CredentialsTests {
    private static func write(_ text: String, _ name: String, in directory: URL) throws -> String {
        let file = directory.appendingPathComponent(name).path
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        // libpq ignores a password file that others can read.
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        return file
    }

    @Test("come from the password file, each host's from its own line")
    func passwordFile() async throws {
        try await withTestDatabase { database in
            try await withTemporaryDirectory { directory in
                let port = try await database.tcpPort
                let closed = try LoopbackListener().port
                let role = database.name
                try await database.pool.execute("CREATE ROLE \(unescaped: role) LOGIN PASSWORD 'from the file'")
                let file = try Self.write(
                    """
                    127.0.0.1:\(closed):*:\(role):another host's
                    127.0.0.1:\(port):*:\(role):from the file
                    """, "passwords", in: directory)
                let url =
                    "host=127.0.0.1,127.0.0.1 port=\(closed),\(port) user=\(role) dbname=\(database.name) passfile="
                let connection = try await PostgresConnection.connect(.init(url: url + file))
                #expect(try await connection.queryRow("SELECT current_user::text").decode(String.self) == role)
                await connection.close()

                let wrong = try Self.write("*:*:*:*:hunter2", "wrong", in: directory)
                for (file, state) in [(wrong, SQLState.invalidPassword), ("/nowhere", nil)] {
                    let error = await postgresError { try await PostgresConnection.connect(.init(url: url + file)) }
                    #expect(error?.sqlState == state)
                    #expect(error?.debugDescription.contains("hunter2") == false)
                }
                try await database.pool.execute("DROP ROLE \(unescaped: role)")
            }
        }
    }

    @Test("are sent by SCRAM; binding it to a channel fails in the clear where there is no TLS")
    func channelBinding() async throws {
        try await withTestDatabase { database in
            let method = "SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = current_user"
            #expect(try await database.pool.queryRow(.init(unescaped: method)).decode(String.self) == "SCRAM-SHA-256")
            let address = ["host": "127.0.0.1", "port": "\(try await database.tcpPort)"]
            let bound = address.merging(["channel_binding": "require"]) { $1 }
            let error = await postgresError { try await PostgresConnection.connect(database.configuration(bound)) }
            #expect(error?.code == .connectionFailed)
            #expect(error?.message.contains("channel binding") == true)
        }
    }

    @Test("and everything else come from the environment where the URL is silent")
    func environment() async throws {
        // In a process of its own, whose environment is ours.
        await #expect(processExitsWith: .success) {
            let server = try await EmbeddedPostgres.start(.temporary)
            let url = try #require(server.tcpURL.flatMap { URLComponents(string: $0) })
            let port = try #require(url.port)
            let closed = try LoopbackListener().port
            for (name, value) in [
                "PGHOST": "127.0.0.1,127.0.0.1", "PGPORT": "\(closed),\(port)", "PGUSER": url.user ?? "",
                "PGPASSWORD": url.password ?? "", "PGDATABASE": "postgres", "PGAPPNAME": "by the environment",
                "PGCONNECT_TIMEOUT": "7", "PGOPTIONS": "-c work_mem=1234kB", "PGTARGETSESSIONATTRS": "read-write",
            ] {
                setenv(name, value, 1)
            }
            let configuration = try PostgresConnection.Configuration(url: "")
            #expect(configuration.connectTimeout == .seconds(7))
            #expect(configuration.targets.map { $0.values["port"] } == ["\(closed)", "\(port)"])
            let connection = try await PostgresConnection.connect(configuration)
            let row = try await connection.queryRow(
                """
                SELECT current_setting('application_name'), current_setting('work_mem'),
                       current_setting('lock_timeout'), inet_server_port()
                """)
            #expect(
                try row.decode((String, String, String, Int).self) == ("by the environment", "1234kB", "2s", port))
            await connection.close()
            setenv("PGPASSWORD", "wrong", 1)
            let refused = await postgresError { try await PostgresConnection.connect(.init(url: "")) }
            #expect(refused?.code == .authenticationFailed)
            let given = try PostgresConnection.Configuration(url: "host=127.0.0.1 port=\(closed)")
            #expect(given.targets.map { $0.values["port"] } == ["\(closed)"], "the URL wins")
            try await server.stop()
        }
    }

    @Test("and hosts, time-out and options come from a service's file")
    func service() async throws {
        await #expect(processExitsWith: .success) {
            try await withTemporaryDirectory { directory in
                let server = try await EmbeddedPostgres.start(.temporary)
                let url = try #require(server.tcpURL.flatMap { URLComponents(string: $0) })
                let port = try #require(url.port)
                let blackHole = try LoopbackListener()
                let file = try Self.write(
                    """
                    [payments]
                    host=127.0.0.1,127.0.0.1
                    port=\(blackHole.port),\(port)
                    user=\(url.user ?? "")
                    password=\(url.password ?? "")
                    dbname=postgres
                    connect_timeout=1
                    options=-c work_mem=1234kB
                    keepalives_idle=60
                    """, "services", in: directory)
                setenv("PGSERVICEFILE", file, 1)
                let configuration = try PostgresConnection.Configuration(url: "service=payments")
                #expect(configuration.connectTimeout == .seconds(1))
                #expect(configuration.targets.allSatisfy { $0.values["keepalives_idle"] == nil }, "libpq's business")
                let connection = try await PostgresConnection.connect(configuration)
                let row = try await connection.queryRow(
                    "SELECT current_setting('work_mem'), current_setting('lock_timeout'), inet_server_port()")
                #expect(try row.decode((String, String, Int).self) == ("1234kB", "2s", port))
                await connection.close()
                try await server.stop()
            }
        }
    }
}
