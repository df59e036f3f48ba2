import Foundation
import Hummingbird
import HummingbirdTesting
import LibPQ
import SQLMigrations
import TestSupport
import Testing

@Suite("README")
struct ReadmeTests {
    private static let sources = ["OrdersService", "OrdersServiceTests"]

    @Test("every Swift block is code that this target compiles")
    func compiled() throws {
        let blocks = Repository.blocks("swift", in: try Repository.text("README.md"))
        let pieces = try Self.sources.flatMap {
            Repository.pieces(of: try Repository.text("Tests/DocumentationTests/\($0).swift"), marked: "// readme: ")
        }
        #expect(blocks.count >= 5)
        for block in blocks {
            #expect(pieces.contains(block), "in none of \(Self.sources):\n\(block)")
        }
    }

    @Test("every verb of make that it names exists")
    func verbs() throws {
        let makefile = try Repository.text("Makefile")
        for match in try Repository.text("README.md").matches(of: /`?make ([a-z]+)/) {
            #expect(makefile.contains("\n\(match.output.1):"), "make \(match.output.1)")
        }
    }

    @Test("every file that it links to exists")
    func links() throws {
        for match in try Repository.text("README.md").matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
            let path = String(match.output.1)
            #expect(FileManager.default.fileExists(atPath: Repository.root.appending(path: path).path()), "\(path)")
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
