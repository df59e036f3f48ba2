import ArgumentParser
import LibPQ

/// Streams the result of a statement of one text column. Prints "rows, seconds, MiB by which the peak of the resident memory rose".
struct StreamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stream")

    @Option var url: String
    @Argument var statement: String

    func run() async throws {
        let pool = PostgresPool(configuration: try .init(url: url))
        try await pool.withConnection { try await measure($0) }
        await pool.close()
    }

    private func measure(_ connection: PostgresConnection) async throws {
        _ = try await connection.queryRow("SELECT 1").decode(Int32.self)

        let (before, start) = (ProcessUsage.peakResidentKiB, ContinuousClock.now)
        var (rows, bytes) = (0, 0)
        for try await row in connection.stream(PostgresQuery(unescaped: statement)) {
            bytes += try row.decode(String.self).utf8.count
            rows += 1
        }
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        print(rows, elapsed, Double(ProcessUsage.peakResidentKiB - before) / 1024, bytes)
    }
}
