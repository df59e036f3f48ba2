import Testing

@Suite("The tool's command line")
struct UsageTests {
    @Test(
        "ends with 2 on wrong usage, with the reason on standard error",
        arguments: [
            ["migrate", "sideways"], ["migrate", "up", "--nonsense"], ["migrate", "down", "--steps", "0"],
            ["migrate", "down", "--steps", "two"], ["migrate", "status", "--format", "xml"],
            ["migrate", "up", "--set", "payments"], ["doctor", "--format", "xml"], ["doctor", "now"], ["nonsense"],
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
            try ToolRun(["doctor", "--database-url", url]),
        ] {
            #expect(run.status == 1)
            #expect(run.output.isEmpty)
            #expect(run.errors.hasPrefix("idempotency: cannot "))
            #expect(!run.errors.contains("hunter2"))
        }
    }
}
