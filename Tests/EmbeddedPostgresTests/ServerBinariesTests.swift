import Testing

@testable import EmbeddedPostgres

@Suite("Finding PostgreSQL's binaries")
struct ServerBinariesTests {
    @Test("without any, the error says what to install")
    func missing() async throws {
        let error = await #expect(throws: EmbeddedPostgresError.self) {
            try await ServerBinaries.find(majorVersion: nil, in: ["/nonexistent", "/tmp"])
        }
        #expect(error?.code == .binariesNotFound)
        #expect(error?.message.contains("apt-get install postgresql") == true)
        #expect(error?.message.contains("brew install postgresql") == true)
        #expect(error?.message.contains("/nonexistent:/tmp") == true)
    }

    @Test("data of another major version are refused by name")
    func otherVersion() async throws {
        let error = await #expect(throws: EmbeddedPostgresError.self) {
            try await ServerBinaries.find(majorVersion: 8)
        }
        #expect(error?.code == .versionMismatch)
        #expect(error?.message.contains("postgresql-8") == true)
    }

    @Test("PATH comes first, and no folder twice")
    func order() {
        let folders = ServerBinaries.searchFolders(path: "/here:/there:/here")
        #expect(folders.prefix(2) == ["/here", "/there"])
        #expect(Set(folders).count == folders.count)
    }

    @Test("this machine has one")
    func here() async throws {
        let binaries = try await ServerBinaries.find(majorVersion: nil)
        #expect(binaries.majorVersion >= 13)
        #expect(try await ServerBinaries.find(majorVersion: binaries.majorVersion) == binaries)
    }
}
