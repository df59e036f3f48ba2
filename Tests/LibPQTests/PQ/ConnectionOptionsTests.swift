import Testing

@testable import LibPQ

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@Suite("Connection options")
struct ConnectionOptionsTests {
    @Test("are read from a URL and from a conninfo string alike")
    func parses() throws {
        let expected = [
            "user": "u", "password": "p w", "host": "h", "port": "5433", "dbname": "d", "sslmode": "disable",
        ]
        #expect(try ConnectionOptions(parsing: "postgresql://u:p%20w@h:5433/d?sslmode=disable").values == expected)
        #expect(
            try ConnectionOptions(parsing: "user=u password='p w' host=h port=5433 dbname=d sslmode=disable").values
                == expected)
        #expect(try ConnectionOptions(parsing: "").values == [:])
    }

    @Test(
        "that are malformed are refused without quoting a secret",
        arguments: [
            "postgresql://user:hunter2%zz@host/db", "postgresql://user:hunter2%00@host/db",
            "postgresql://user:hunter2@[::1/db", "postgresql://user:hunt\"er2@[::1/hunter2", "password=hunter2 hunter2",
            "password='hunter2", "hunter2", "postgresql://user@host/db?hunter2", "postgresql://user@host/db?hunter2=1",
            "postgresql://user@host/db?password=a=hunter2", "passwort=hunter2",
            "postgresql://user:\"hunter2\"@[::1]x/\"hunter2\"", "a\"hunter2\"b",
        ])
    func neverQuotesASecret(text: String) throws {
        let error = try #require(throws: PostgresError.self) { try PostgresConnection.Configuration(url: text) }
        #expect(error.code == .invalidConfiguration)
        #expect(error.message.hasPrefix("invalid connection string: "))
        for shown in [error.message, error.description, error.debugDescription] {
            #expect(!shown.contains("hunt") && !shown.contains("er2"), "\(shown)")
        }
    }

    @Test(
        "demand a verified certificate of a host that is reached over a network",
        arguments: [
            "postgresql://u@db.example.com/d", "host=10.0.0.1", "hostaddr=10.0.0.1 host=localhost",
            "postgresql://u@localhost,db.example.com/d", "host=127.example.com", "host=localhost.example.com",
            "postgresql://u@[2001:db8::1]/d",
            "host=db.example.com hostaddr=''",
        ])
    func remote(url: String) throws {
        #expect(try ConnectionOptions(parsing: url).reachesRemoteHost)
        let resolved = try PostgresConnection.Configuration(url: url).resolvedOptions
        #expect(resolved["sslmode"] == "verify-full")
    }

    @Test("judge each host of a list by its address, or by its name where the list of addresses has a gap")
    func remoteInList() throws {
        let url = "host=127.0.0.1,db.example.com hostaddr=127.0.0.1,"
        let targets = try PostgresConnection.Configuration(url: url).targets
        #expect(targets.map { $0.values["sslmode"] } == [nil, "verify-full"])
    }

    @Test("judge a gap in the list of addresses by the host's name, whatever address the environment names")
    func gapAndEnvironment() async {
        // In a process of its own, whose environment is ours.
        await #expect(processExitsWith: .success) {
            setenv("PGHOSTADDR", "127.0.0.1", 1)
            let configuration = try PostgresConnection.Configuration(
                url: "host=a.example.com,b.example.com hostaddr=10.0.0.1,")
            #expect(configuration.targets.map { $0.values["sslmode"] } == ["verify-full", "verify-full"])
        }
    }

    @Test(
        "leave libpq's own TLS default to sockets and loopback",
        arguments: [
            "", "postgresql:///d", "host=/var/run/postgresql", "host=@abstract", "host=localhost", "host=127.0.0.1",
            "host=127.1.2.3", "postgresql://u@[::1]/d", "hostaddr=127.0.0.1 host=db.example.com",
            "postgresql://u@localhost,127.0.0.1/d", "postgresql://u@%2Ftmp/d",
        ])
    func local(url: String) throws {
        let resolved = try PostgresConnection.Configuration(url: url).resolvedOptions
        #expect(try !ConnectionOptions(parsing: url).reachesRemoteHost)
        #expect(resolved["sslmode"] == nil)
        #expect(resolved["sslrootcert"] == nil)
    }

    @Test("keep the TLS mode that the URL asks for")
    func explicitMode() throws {
        let configuration = try PostgresConnection.Configuration(url: "postgresql://u@db.example.com/d?sslmode=require")
        #expect(configuration.resolvedOptions["sslmode"] == "require")
        #expect(configuration.resolvedOptions["sslrootcert"] == nil)
    }

    @Test("are completed by libpq without connecting to anybody")
    func completed() throws {
        let listener = try LoopbackListener()
        let given = "host=127.0.0.1,localhost port=\(listener.port) user=u password=hunter2"
        let completed = try ConnectionOptions(parsing: given).completed().values
        let wasVisited = listener.hasVisitor
        #expect(!wasVisited)
        #expect(completed["host"] == "127.0.0.1,localhost")
        #expect(completed["port"] == "\(listener.port)")
        #expect(completed["sslmode"] != nil, "libpq's default")
        for keyword in ["user", "password", "dbname", "gssencmode"] { #expect(completed[keyword] == nil) }
    }

    @Test(
        "that libpq refuses are refused with its reason before anybody connects",
        arguments: [
            ("host=a,b hostaddr=127.0.0.1", "2 host names"), ("host=a,b,c port=1,2", "2 port numbers"),
            ("host=a sslmode=sometimes", "invalid sslmode value"), ("service=unheard_of", "not found"),
        ])
    func refused(text: String, reason: String) throws {
        let error = #expect(throws: PostgresError.self) { try PostgresConnection.Configuration(url: text) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
}
