import Testing

@testable import EmbeddedPostgres

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Hands out a directory that does not exist yet and removes it afterwards, together with whatever server is left in it.
func withDirectory<T>(depth: Int = 0, _ body: (String) async throws -> T) async throws -> T {
    let root = "/tmp/embedded-postgres-tests-" + RandomText.hexadecimal(bytes: 6)
    let directory = root + String(repeating: "/a-rather-long-name-of-a-folder", count: depth) + "/server"
    func cleanUp() async throws {
        for processID in Postmaster.processes(in: directory + "/data") {
            try await Postmaster(processID: processID, dataDirectory: directory + "/data").kill()
        }
        try FileManager.default.removeItem(atPath: root)
    }
    do {
        let result = try await body(directory)
        try await cleanUp()
        return result
    } catch {
        try? await cleanUp()
        throw error
    }
}

/// Waits until the condition holds, 20 seconds at most.
func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, what)
        try await Task.sleep(for: .milliseconds(20))
    }
}

struct StatementFailed: Error {
    let output: String
}

/// Runs one statement and returns what `psql` prints.
func sql(_ statement: String, on url: String) async throws -> String {
    let psql = try #require(
        ServerBinaries.searchFolders().map { $0 + "/psql" }.first { FileManager.default.isExecutableFile(atPath: $0) })
    let result = try await Tool.run(
        psql, ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement])
    guard result.succeeded else { throw StatementFailed(output: result.output) }
    return result.output.split(separator: "\n").joined(separator: "\n")
}

func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
}
