import Testing

@testable import EmbeddedPostgres

@Suite("postmaster.pid")
struct PostmasterFileTests {
    @Test("of a ready server")
    func ready() throws {
        let file = try #require(
            PostmasterFile("4711\n/var/data\n1700000000\n5433\n/tmp/socket\n127.0.0.1\n  1234  5\nready   \n"))
        #expect(file.processID == 4711)
        #expect(file.dataDirectory == "/var/data")
        #expect(file.port == 5433)
        #expect(file.socketDirectory == "/tmp/socket")
        #expect(file.status == .ready)
    }

    @Test("of a server that has only begun")
    func begun() throws {
        let file = try #require(PostmasterFile("4711\n/var/data\n1700000000\n5433\n"))
        #expect(file.port == 5433)
        #expect(file.socketDirectory == nil)
        #expect(file.status == nil)
    }

    @Test(
        "that is empty, torn or of a single-user backend names no server",
        arguments: ["", "\n", "x\n", "-4711\n/var\n"])
    func useless(text: String) {
        #expect(PostmasterFile(text) == nil)
    }
}
