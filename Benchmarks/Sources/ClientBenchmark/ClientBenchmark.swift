import ArgumentParser

/// What scripts/bench-libpq.sh runs of ours: the server, and LibPQ as one client among others.
@main
struct ClientBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client-benchmark",
        subcommands: [ServeCommand.self, TransactionsCommand.self, StreamCommand.self])
}
