import FaultProxy
import Foundation
import LibPQ
import PaymentsSupport
import TestSupport
import Testing

/// The transcripts of docs/http.md, typed into a shell before the real service. `make transcripts` writes them anew.
@Suite("Transcripts", .timeLimit(.minutes(3)))
struct TranscriptTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../docs/http.md").standardized

    @Test("each transcript of the HTTP page is what the service answers")
    func page() async throws {
        let written = TranscriptPage(markdown: try String(contentsOf: Self.page, encoding: .utf8))
        var typed = written
        try await withDemonstration { terminal in
            for transcript in written.transcripts.indices {
                for step in written.transcripts[transcript].steps.indices {
                    typed.transcripts[transcript].steps[step].output = try await terminal.type(
                        written.transcripts[transcript].steps[step].command)
                }
            }
        }
        if ProcessInfo.processInfo.environment["TRANSCRIPTS"] == "write" {
            try typed.markdown.write(to: Self.page, atomically: true, encoding: .utf8)
        } else {
            var (old, new) = (TranscriptNormalizer(), TranscriptNormalizer())
            for (written, typed) in zip(written.transcripts, typed.transcripts) {
                #expect(new.normalized(typed.text) == old.normalized(written.text))
            }
        }
        #expect(written.transcripts.count >= 10)
    }

    @Test("a page is read and written without a change")
    func roundTrip() {
        let markdown =
            "a\n```console\n$ one \\\n  two\nout\n\nput\n\n$ three\n```\nb\n```swift\nlet c = 1\n```\n\n```console\n$ d\n```\ne\n"
        let page = TranscriptPage(markdown: markdown)
        #expect(page.markdown == markdown)
        #expect(
            page.transcripts.map(\.steps) == [
                [.init(command: "one \\\n  two", output: "out\n\nput"), .init(command: "three", output: "")],
                [.init(command: "d", output: "")],
            ])
    }

    @Test("ids and times are no differences, but which ids are equal is one")
    func normalized() {
        func normalized(_ texts: String...) -> [String] {
            var normalizer = TranscriptNormalizer()
            return texts.map { normalizer.normalized($0) }
        }
        let (a, b) = ("01234567-89ab-cdef-0123-456789abcdef", "f1234567-89ab-cdef-0123-456789abcdef")
        #expect(normalized(a, b, a) == normalized(b, a, b))
        #expect(normalized(a, b, a) != normalized(a, b, b))
        #expect(
            normalized("2026-11-25T12:00:00.123456Z @1764099197 after 1001 milliseconds")
                == normalized("2026-11-26T01:02:03Z @1764099198 after 1002 milliseconds"))
        #expect(normalized("201") != normalized("402"))
    }

    /// Runs the body before a service with the accounts of `make demo`, whose database can go away.
    private func withDemonstration(_ body: (Terminal) async throws -> Void) async throws {
        try await withTestDatabase { database in
            let proxy = try FaultProxy(to: database.url)
            defer { proxy.close() }
            let process = try await PaymentsProcess.serve(
                PaymentsService.environment(database).merging(["DATABASE_URL": proxy.url]) { $1 })
            do {
                for (tenant, first) in [("acme", 1), ("globex", 101)] {
                    try await database.pool.execute(
                        """
                        INSERT INTO accounts (id, tenant, balance, currency)
                        SELECT id, \(tenant), 1000000, 'EUR' FROM generate_series(\(first), \(first + 99)) AS id
                        """)
                }
                try await Terminal.setStage(of: database)
                try await body(Terminal(url: process.url, database: database, proxy: proxy))
            } catch {
                await process.dispose()
                throw error
            }
            await process.dispose()
        }
    }
}
