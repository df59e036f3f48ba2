import ArgumentParser
import LibPQ

/// Runs transactions, as many at a time as there are connections. Prints "transactions/s, p50 us, CPU us a transaction".
struct TransactionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "transactions")

    @Option var url: String
    @Option var connections: Int
    @Option var seconds: Double
    @Option(help: "More connections, which nobody uses.")
    var idle = 0
    @Flag(help: "Lease a connection for each transaction, and send COMMIT in a round trip of its own.")
    var throughPool = false

    func run() async throws {
        var configuration = try PostgresPool.Configuration(url: url)
        configuration.maximumConnections = connections
        let pool = PostgresPool(configuration: configuration)
        var unused: [PostgresConnection] = []
        for _ in 0..<idle { unused.append(try await .connect(configuration.connection)) }
        _ = try await measure(pool, for: .milliseconds(300))  // connects and prepares

        let (before, start) = (ProcessUsage.cpuMicroseconds, ContinuousClock.now)
        let latencies = try await measure(pool, for: .seconds(seconds)).sorted()
        let (cpu, elapsed) = (ProcessUsage.cpuMicroseconds - before, ContinuousClock.now - start)
        await pool.close()
        for connection in unused { await connection.close() }

        let rate = Double(latencies.count) / (elapsed / .seconds(1))
        let median = latencies[latencies.count / 2] / .microseconds(1)
        print(rate, median, cpu / Double(latencies.count))
    }

    private func repeated(
        until end: ContinuousClock.Instant, _ run: (PaymentTransaction) async throws -> Void
    ) async throws -> [Duration] {
        var numbers = SplitMix()
        var latencies: [Duration] = []
        var now = ContinuousClock.now
        while now < end {
            try await run(PaymentTransaction(using: &numbers))
            let later = ContinuousClock.now
            latencies.append(later - now)
            now = later
        }
        return latencies
    }

    /// How long each transaction took, from asking for a connection to the answer to COMMIT.
    private func measure(_ pool: PostgresPool, for duration: Duration) async throws -> [Duration] {
        let end = ContinuousClock.now + duration
        return try await withThrowingTaskGroup(of: [Duration].self) { group in
            for _ in 0..<connections {
                group.addTask {
                    if throughPool { return try await repeated(until: end) { try await $0.run(on: pool) } }
                    return try await pool.withConnection { connection in
                        try await repeated(until: end) { try await $0.run(on: connection) }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }
}
