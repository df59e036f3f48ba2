import Foundation
import IdempotencyConformance
import Testing

@testable import ConformanceServers

@Suite("idempotency conformance", .timeLimit(.minutes(2)))
struct ConformanceCommandTests {
    private static let secret = "hunter2"
    private static let body = #"{"reference": "{unique}", "amount": 100}"#

    private struct Document: Decodable {
        struct Line: Decodable {
            var id: String
            var level: String
            var result: String
            var expected: String
            var came: String
            var source: String
        }
        var profile: String
        var url: String
        var endpoint: String
        var failures: Int
        var checks: [Line]
    }

    private func arguments(_ url: String, _ more: String...) -> [String] {
        [
            "conformance", "--url", url, "--endpoint", "POST:/payments", "--body", Self.body, "--profile",
            "ietf-strict",
            "--header", "Authorization: Bearer \(Self.secret)", "--other-header",
            "Authorization: Bearer \(Self.secret)-2",
            "--probe", "GET:/payments?reference={unique}", "--timeout", "3s",
        ] + more
    }

    @Test("ends with 0 for a server that conforms, and says so in one sentence under a line for each check")
    func conforms() async throws {
        try await CorrectServer(.ietfStrict).withURL { url in
            let run = try await ToolRun.aside(arguments(url, "--oversize", "10000"))
            #expect(run.status == 0, "\(run.output)")
            #expect(run.errors.isEmpty)
            for check in Check.all(of: .ietfStrict) {
                #expect(run.output.contains("\n\(check.id) ") || run.output.contains("\(check.id) "), "\(check.id)")
            }
            #expect(run.output.contains("POST /payments at \(url) conforms to ietf-strict: "))
            #expect(run.output.contains("no --failing-body"))
            #expect(!run.output.contains(Self.secret))
        }
    }

    @Test("ends with 3 for a server that does not conform, and says what was expected and what was seen")
    func doesNotConform() async throws {
        try await ReplayRunsAgain().withURL { url in
            let run = try await ToolRun.aside(arguments(url))
            #expect(run.status == 3)
            #expect(run.errors.isEmpty)
            #expect(run.output.contains(/2\.6-replay-effect +MUST +fail +1 effect, then 2\n/))
            #expect(run.output.contains("2.6-replay-effect: expected that a retry has no effect of its own"))
            #expect(run.output.contains("does not conform to ietf-strict: "))
            #expect(!run.output.contains(Self.secret))
        }
    }

    @Test("fails on warnings only with --strict")
    func strict() async throws {
        try await EchoesKey().withURL { url in
            let lenient = try await ToolRun.aside(arguments(url))
            #expect(lenient.status == 0)
            let strict = try await ToolRun.aside(arguments(url, "--strict"))
            #expect(strict.status == 3)
        }
    }

    @Test("prints one JSON document for scripts, with every check of the profile")
    func json() async throws {
        try await NoFingerprint().withURL { url in
            let run = try await ToolRun.aside(arguments(url, "--format", "json"))
            #expect(run.status == 3)
            let document = try JSONDecoder().decode(Document.self, from: Data(run.output.utf8))
            #expect(document.profile == "ietf-strict")
            #expect(document.url == url)
            #expect(document.endpoint == "POST:/payments")
            #expect(document.checks.map(\.id) == Check.all(of: .ietfStrict).map(\.id))
            #expect(document.checks.map(\.expected) == Check.all(of: .ietfStrict).map(\.demand))
            #expect(document.checks.allSatisfy { !$0.source.isEmpty && !$0.came.isEmpty && !$0.level.isEmpty })
            #expect(document.failures == document.checks.count { $0.result == "fail" })
            #expect(document.checks.first { $0.id == "2.7-other-payload" }?.result == "fail")
            #expect(!run.output.contains(Self.secret))
        }
    }

    @Test("prints JUnit's XML for CI, well-formed, with a test case for each check")
    func junit() async throws {
        try await NoFingerprint().withURL { url in
            let run = try await ToolRun.aside(arguments(url, "--format", "junit"))
            #expect(run.status == 3)
            let document = try #require(JUnitDocument(run.output))
            #expect(document.cases == Check.all(of: .ietfStrict).map(\.id))
            #expect(document.suite["tests"] == "\(document.cases.count)")
            #expect(document.suite["failures"] == "\(document.failures.count)")
            #expect(document.suite["skipped"] == "\(document.skipped.count)")
            #expect(document.skipped.contains("acp-6.5-server-error"))
            let message = try #require(document.failures["2.7-other-payload"])
            #expect(message.hasPrefix("expected: another payload under a used key is refused"))
            #expect(message.hasSuffix("; came: 201"))
            #expect(!run.output.contains(Self.secret))
        }
    }

    @Test("reads bodies and header fields from files")
    func files() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("conformance-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (body, fields) = (folder.appendingPathComponent("body"), folder.appendingPathComponent("fields"))
        try Data((Self.body + "\n").utf8).write(to: body)
        try Data("Authorization: Bearer \(Self.secret)\nX-Version: 1\n".utf8).write(to: fields)
        try await CorrectServer(.stripe).withURL { url in
            let run = try await ToolRun.aside([
                "conformance", "--url", url, "--endpoint", "POST:/payments", "--profile", "stripe", "--body",
                "@\(body.path)", "--header", "@\(fields.path)",
            ])
            #expect(run.status == 0, "\(run.output)\(run.errors)")
        }
    }

    @Test(
        "reads durations in each of its units",
        arguments: [("61000ms", "61 s"), ("90s", "90 s"), ("2m", "120 s"), ("2h", "7200 s")])
    func durations(window: String, words: String) async throws {
        try await CorrectServer(.ietfStrict).withURL { url in
            let run = try await ToolRun.aside(arguments(url, "--window", window))
            #expect(run.status == 0)
            #expect(run.output.contains("the key lives for \(words): too long to wait for"), "\(run.output)")
        }
    }

    @Test("ends with 1 when it cannot be run, and says why without a secret")
    func cannotRun() async throws {
        let unreachable = try ToolRun(arguments("http://127.0.0.1:1"))
        #expect(unreachable.status == 1)
        #expect(
            unreachable.errors.hasPrefix("idempotency: cannot reach http://127.0.0.1:1: no answer: connection refused"))
        try await CorrectServer(.ietfStrict).withURL { url in
            let refused = try await ToolRun.aside(arguments(url, "--body", #"{"amount": "{unique}"}"#))
            #expect(refused.status == 1)
            #expect(refused.errors.contains("was answered with 400, not with success: give a --body"))
            let probe = try await ToolRun.aside(arguments(url, "--probe", "GET:/nothing/{unique}"))
            #expect(probe.status == 1)
            #expect(probe.errors.contains("--probe does not work: "))
            for run in [unreachable, refused, probe] {
                #expect(run.output.isEmpty)
                #expect(!run.errors.contains(Self.secret))
            }
        }
    }

    @Test("waits no longer than its time-out for the end of an answer", .timeLimit(.minutes(1)))
    func trickling() async throws {
        try await TricklingServer.withURL { url in
            let run = try await ToolRun.aside(arguments(url, "--timeout", "500ms"))
            #expect(run.status == 1)
            #expect(run.errors == "idempotency: cannot reach \(url): no answer within 500 ms\n")
        }
    }

    @Test("names the profile for a server that takes bare keys only")
    func bareKeys() async throws {
        try await OtherCorrectServer(habit: .takesUUIDsOnly, profile: .acp).withURL { url in
            let run = try await ToolRun.aside(arguments(url))
            #expect(run.status == 1)
            #expect(run.errors.contains("without quotation marks only, which --profile stripe and acp send"))
        }
    }

    @Test(
        "ends with 2 on wrong usage, and names the option",
        arguments: [
            (["--url", "ftp://localhost"], "--url"), (["--url", "http://user:hunter2@localhost"], "--url"),
            (["--url", "http://localhost:port"], "--url"), (["--endpoint", "/payments"], "--endpoint"),
            (["--endpoint", "POST:payments"], "--endpoint"), (["--body", "{}"], "--body"),
            (["--body", "@/nonexistent"], "--body"), (["--header", "hunter2"], "--header"),
            (["--header", "Idempotency-Key: hunter2"], "--header"), (["--other-header", "hunter2"], "--other-header"),
            (["--header", "@/nonexistent"], "--header"), (["--probe", "GET:/payments"], "--probe"),
            (["--probe", "payments/{unique}"], "--probe"), (["--probe-pointer", "total"], "--probe-pointer"),
            (["--refused-body", "{}"], "--refused-body"), (["--failing-body", "{}"], "--failing-body"),
            (["--slow-body", "{}"], "--slow-body"), (["--oversize", "0"], "--oversize"),
            (["--oversize", "9000000000000000000"], "--oversize"), (["--oversize", "much"], "--oversize"),
            (["--window", "5"], "--window"), (["--window", "0s"], "--window"),
            (["--timeout", "soon"], "--timeout"), (["--parallel", "1"], "--parallel"),
            (["--profile", "rest"], "--profile"), (["--format", "xml"], "--format"),
            (["--header", "Authorization:", "Bearer", "hunter2"], "--header"), (["--nonsense"], "--nonsense"),
        ] as [([String], String)])
    func usage(wrong: [String], option: String) throws {
        let run = try ToolRun(arguments("http://127.0.0.1:1") + wrong)
        #expect(run.status == 2, "\(run.errors)")
        #expect(run.output.isEmpty)
        #expect(run.errors.contains(option), "\(run.errors)")
        #expect(!run.errors.contains(Self.secret), "\(run.errors)")
        #expect(run.errors.contains("See 'idempotency conformance --help' for more information."), "\(run.errors)")
    }

    @Test("needs a URL, an endpoint and a body", arguments: ["--url", "--endpoint", "--body"])
    func required(option: String) throws {
        var left = arguments("http://127.0.0.1:1")
        let place = try #require(left.firstIndex(of: option))
        left.removeSubrange(place...place + 1)
        let run = try ToolRun(left)
        #expect(run.status == 2)
        #expect(run.errors.contains("Missing expected argument '\(option) "))
    }

    @Test("has every option that its documentation names, and names no other")
    func documented() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/conformance.md"), encoding: .utf8)
        let help = try ToolRun(["conformance", "--help"]).output
        func options(_ text: String) -> Set<String> {
            Set(text.matches(of: /(?:^|[ `(])(--[a-z]+(-[a-z]+)*)/).map { String($0.output.1) })
        }
        #expect(options(page).subtracting(["--product"]) == options(help).subtracting(["--help", "--version"]))
    }
}
