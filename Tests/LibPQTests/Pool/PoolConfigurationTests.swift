import Testing

@testable import LibPQ

@Suite("A pool's configuration")
struct PoolConfigurationTests {
    private func problem(_ change: (inout PostgresPool.Configuration) -> Void) throws -> String? {
        var configuration = try PostgresPool.Configuration(url: "postgresql://u@127.0.0.1/d")
        change(&configuration)
        return configuration.problem
    }

    @Test("names what makes no sense in it")
    func problems() throws {
        #expect(try problem { _ in } == nil)
        #expect(try problem { ($0.minimumConnections, $0.maximumConnections) = (3, 3) } == nil)
        #expect(try problem { $0.maximumConnections = 0 } == "maximumConnections must be at least 1")
        for (minimum, maximum) in [(-1, 16), (3, 2)] {
            #expect(
                try problem { ($0.minimumConnections, $0.maximumConnections) = (minimum, maximum) }
                    == "minimumConnections must be 0 to maximumConnections")
        }
        for duration in [Duration.zero, .seconds(-1)] {
            #expect(try problem { $0.acquireTimeout = duration } == "acquireTimeout must be longer than zero")
            #expect(try problem { $0.idleTimeout = duration } == "idleTimeout must be longer than zero")
            #expect(try problem { $0.maximumLifetime = duration } == "maximumLifetime must be longer than zero")
            #expect(try problem { $0.validationInterval = duration } == "validationInterval must be longer than zero")
        }
    }

    @Test("that makes no sense stops whoever makes a pool of it")
    func refused() async {
        await #expect(processExitsWith: .failure) {
            var configuration = try PostgresPool.Configuration(url: "postgresql://u@127.0.0.1/d")
            configuration.minimumConnections = 17
            _ = PostgresPool(configuration: configuration)
        }
    }
}
