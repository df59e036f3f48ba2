import Testing

@Suite("The tool's command line")
struct UsageTests {
    @Test(
        "ends with 2 on wrong usage, with the reason on standard error",
        arguments: [
            ["migrate", "sideways"], ["migrate", "up", "--nonsense"], ["migrate", "down", "--steps", "0"],
            ["migrate", "down", "--steps", "two"], ["migrate", "status", "--format", "xml"],
            ["migrate", "up", "--set", "payments"], ["doctor", "--format", "xml"], ["doctor", "now"], ["nonsense"],
            ["keys", "show", "--scope", "a"], ["keys", "show", "--key", "k"],
            ["keys", "show", "--scope", "a", "--key", "k", "--id", "21fe31df-a154-8261-a26b-f854046fd227"],
            ["keys", "show", "--scope", "a", "--id", "17"], ["keys", "show", "--scope", "a", "--key", "two words"],
            ["keys", "show", "--scope", "a", "--key", "k", "--secret-file", "/nowhere"],
            ["keys", "release", "--scope", "a", "--key", "k"], ["keys", "list", "--limit", "0"],
            ["keys", "list", "--state", "in_flight"], ["purge", "--once", "--every", "1m"],
            ["purge", "--every", "soon"],
            ["purge", "--batch-size", "0"], ["purge", "--grace", "-1s"],
        ]
    )
    func usage(arguments: [String]) throws {
        let run = try ToolRun(arguments)
        #expect(run.status == 2)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains("Usage: idempotency"))
    }

    @Test(
        "prints help on standard output and ends with 0",
        arguments: [[], ["--help"], ["migrate"], ["help", "migrate", "up"]])
    func help(arguments: [String]) throws {
        let run = try ToolRun(arguments)
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        #expect(run.output.contains("USAGE: idempotency"))
    }

    @Test(
        "ends with 1 when there is no database, and never shows a password",
        arguments: [
            "postgresql://user:hunter2@127.0.0.1:1/none", "host=127.0.0.1 port=1 password=hunter2",
            "postgresql://user:hunter2@127.0.0.1:1/none?nonsense=1", "postgresql://user:hunter2@[::1/none",
        ]
    )
    func unreachable(url: String) throws {
        for run in [
            try ToolRun(["migrate", "status", "--database-url", url]),
            try ToolRun(["migrate", "status"], environment: ["DATABASE_URL": url]),
            try ToolRun(["doctor", "--database-url", url]), try ToolRun(["keys", "stats", "--database-url", url]),
            try ToolRun(["purge", "--database-url", url]),
        ] {
            #expect(run.status == 1)
            #expect(run.output.isEmpty)
            #expect(run.errors.hasPrefix("idempotency: cannot "))
            #expect(!run.errors.contains("hunter2"))
        }
    }
}
