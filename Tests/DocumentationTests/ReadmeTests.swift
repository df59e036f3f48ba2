import Foundation
import Hummingbird
import HummingbirdTesting
import LibPQ
import SQLMigrations
import TestSupport
import Testing

@Suite("README")
struct ReadmeTests {
    private static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: repository.appending(path: path), encoding: .utf8)
    }

    /// The text between fences of this language.
    private static func blocks(_ language: String, in markdown: String) -> [String] {
        markdown.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    /// The pieces between `// readme: NAME` and `// readme: end`, without the indentation that they have in common.
    private static func pieces(of source: String) -> [String] {
        source.components(separatedBy: "// readme: ").dropFirst().filter { !$0.hasPrefix("end") }.map { piece in
            let lines = piece.components(separatedBy: "\n").dropFirst().dropLast()
            let indentation =
                lines.filter { !$0.allSatisfy(\.isWhitespace) }
                .map { $0.prefix { $0 == " " }.count }.min() ?? 0
            return lines.map { String($0.dropFirst(indentation)) }.joined(separator: "\n")
                .trimmingCharacters(in: .newlines)
        }
    }

    @Test("every Swift block is code that this target compiles")
    func compiled() throws {
        let blocks = Self.blocks("swift", in: try Self.text("README.md"))
        let pieces = Self.pieces(of: try Self.text("Tests/DocumentationTests/OrdersService.swift"))
        #expect(blocks.count >= 5)
        for block in blocks {
            #expect(pieces.contains(block), "not in OrdersService.swift:\n\(block)")
        }
    }

    @Test("every verb of make that it names exists")
    func verbs() throws {
        let makefile = try Self.text("Makefile")
        for match in try Self.text("README.md").matches(of: /`?make ([a-z]+)/) {
            #expect(makefile.contains("\n\(match.output.1):"), "make \(match.output.1)")
        }
    }

    @Test("every file that it links to exists")
    func links() throws {
        for match in try Self.text("README.md").matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
            let path = String(match.output.1)
            #expect(FileManager.default.fileExists(atPath: Self.repository.appending(path: path).path()), "\(path)")
        }
    }

    @Test("the service of the README answers a retry with the first answer, and runs the work once")
    func service() async throws {
        try await withTestDatabase { database in
            try await OrdersService.migrate(databaseURL: database.url)
            try await database.pool.execute(
                "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, item text, quantity int)")
            let app = try OrdersService.application(databaseURL: database.url) { _ in "acme" }
            try await app.test(.live) { client in
                func order() async throws -> TestResponse {
                    try await client.execute(
                        uri: "/orders", method: .post,
                        headers: [.contentType: "application/json", .init("Idempotency-Key")!: "order-17"],
                        body: ByteBuffer(string: #"{"item": "tea", "quantity": 2}"#))
                }
                let first = try await order()
                let retry = try await order()
                #expect(first.status == .created)
                #expect(retry.status == .created)
                #expect(retry.body == first.body)
                #expect(first.headers[.init("Idempotent-Replayed")!] == nil)
                #expect(retry.headers[.init("Idempotent-Replayed")!] == "true")
            }
            let orders = try await database.pool.queryRow("SELECT count(*) FROM orders").decode(Int.self)
            #expect(orders == 1)
        }
    }
}
