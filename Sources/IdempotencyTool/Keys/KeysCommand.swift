import ArgumentParser

/// `idempotency keys`.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Looks at the stored keys, and removes one.",
        discussion: """
            Keys themselves are stored nowhere, only their hashes: list shows those as ids, show and release take either. \
            What is being executed right now is not in the table yet; show says of one key whether it is in flight, and \
            stats which sessions have claims under way.
            """,
        subcommands: [KeysShow.self, KeysList.self, KeysStats.self, KeysRelease.self]
    )
}
