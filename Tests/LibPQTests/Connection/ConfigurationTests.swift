import Testing

@testable import LibPQ

@Suite("A connection's configuration")
struct ConfigurationTests {
    @Test("takes the connect timeout of the URL, where 0 means none")
    func connectTimeout() throws {
        #expect(try PostgresConnection.Configuration(url: "host=h").connectTimeout == .seconds(5))
        #expect(try PostgresConnection.Configuration(url: "host=h connect_timeout=7").connectTimeout == .seconds(7))
        #expect(try PostgresConnection.Configuration(url: "connect_timeout=0").connectTimeout > .seconds(3600))
        let error = #expect(throws: PostgresError.self) {
            try PostgresConnection.Configuration(url: "connect_timeout=soon")
        }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test("sends the lock timeout as a start-up option, which the caller's own options override")
    func lockTimeout() throws {
        var configuration = try PostgresConnection.Configuration(url: "host=h")
        #expect(configuration.resolvedOptions["options"] == "-c lock_timeout=2000")
        configuration.lockTimeout = .microseconds(1)
        #expect(configuration.resolvedOptions["options"] == "-c lock_timeout=1", "rounded up: 0 would mean no limit")
        configuration.lockTimeout = nil
        #expect(configuration.resolvedOptions["options"] == nil)
        let own = try PostgresConnection.Configuration(url: "host=h options='-c lock_timeout=5'")
        #expect(own.resolvedOptions["options"] == "-c lock_timeout=2000 -c lock_timeout=5")
    }

    @Test("speaks UTF-8, names the application and keeps the caller's keepalives")
    func others() throws {
        var configuration = try PostgresConnection.Configuration(
            url: "host=h client_encoding=LATIN1 keepalives_idle=60 application_name=a")
        #expect(configuration.applicationName == "a")
        configuration.applicationName = "b"
        let resolved = configuration.resolvedOptions
        #expect(resolved["application_name"] == "b")
        #expect(resolved["client_encoding"] == "UTF8")
        #expect(resolved["keepalives_idle"] == "60")
        #expect(resolved["keepalives_interval"] == "2")
    }
}
