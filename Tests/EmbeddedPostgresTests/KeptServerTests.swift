import Logging
import Testing

@testable import EmbeddedPostgres

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

// One after the other, as in TemporaryServerTests.
@Suite("A kept server", .serialized)
struct KeptServerTests {
    @Test("has its data, its password and durable settings after stop and start")
    func keepsItsData() async throws {
        try await withDirectory { directory in
            let first = try await EmbeddedPostgres.start(.kept(directory: directory))
            #expect(try await sql("SHOW fsync", on: first.url) == "on")
            #expect(try await sql("SHOW synchronous_commit", on: first.url) == "on")
            _ = try await sql("CREATE TABLE t AS SELECT 42 AS n", on: first.url)
            try await first.stop()
            #expect(Postmaster.processes(in: directory + "/data").isEmpty)

            let second = try await EmbeddedPostgres.start(.kept(directory: directory))
            #expect(!second.wasAdopted)
            #expect(try await sql("SELECT n FROM t", on: second.url) == "42")
            try await second.stop()
        }
    }

    @Test("goes on when its owner is killed with -9, and the next start adopts it")
    func isAdopted() async throws {
        let result = await #expect(
            processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent],
            performing: {
                let directory = "/tmp/embedded-postgres-tests-" + RandomText.hexadecimal(bytes: 6)
                let server = try await EmbeddedPostgres.start(.kept(directory: directory))
                _ = try await sql("CREATE TABLE t AS SELECT 42 AS n", on: server.url)
                print("OWNED \(server.processID) \(directory) OWNED")
                fflush(nil)
                _ = kill(getpid(), SIGKILL)
            })
        let output = try String(decoding: #require(result).standardOutputContent, as: UTF8.self)
        let words = output.split { $0 == " " || $0 == "\n" }
        let start = try #require(words.firstIndex(of: "OWNED"))
        let directory = String(words[start + 2])

        let server = try await EmbeddedPostgres.start(.kept(directory: directory))
        #expect(server.wasAdopted)
        #expect(server.processID == Int32(words[start + 1]))
        #expect(try await sql("SELECT n FROM t", on: server.url) == "42")
        try await server.stop()
        #expect(Postmaster.processes(in: directory + "/data").isEmpty)
        try FileManager.default.removeItem(atPath: directory)
    }

    @Test("is shared by several owners, and the last one ends it")
    func isShared() async throws {
        try await withDirectory { directory in
            async let starting = EmbeddedPostgres.start(.kept(directory: directory))
            let (first, second) = try await (EmbeddedPostgres.start(.kept(directory: directory)), starting)
            #expect(first.processID == second.processID)
            #expect([first.wasAdopted, second.wasAdopted].contains(true))
            try await first.stop()
            #expect(try await sql("SELECT 1", on: second.url) == "1")
            try await second.stop()
            #expect(Postmaster.processes(in: directory + "/data").isEmpty)
        }
    }

    @Test("recovers when its postmaster was killed with -9 and left postmaster.pid behind")
    func recoversFromACrash() async throws {
        try await withDirectory { directory in
            var server: EmbeddedPostgres? = try await EmbeddedPostgres.start(.kept(directory: directory))
            let (processID, url) = try #require(server.map { ($0.processID, $0.url) })
            _ = try await sql("CREATE TABLE t AS SELECT 42 AS n", on: url)
            // Without the courtesy of waiting for the children that EmbeddedPostgres.kill() has.
            _ = kill(processID, SIGKILL)
            server = nil
            #expect(exists(directory + "/data/postmaster.pid"))

            let next = try await EmbeddedPostgres.start(.kept(directory: directory))
            #expect(!next.wasAdopted)
            #expect(try await sql("SELECT n FROM t", on: next.url) == "42")
            try await next.stop()
        }
    }

    @Test("recovers when postmaster.pid names the process of another program")
    func recoversFromAReusedProcessID() async throws {
        try await withDirectory { directory in
            try await EmbeddedPostgres.start(.kept(directory: directory)).stop()
            let home = try await ServerHome.kept(in: directory, logger: Logger(label: "test"))
            // A program of the server's own user, which PostgreSQL's own check takes for a live postmaster.
            let other = Task { try await Tool.run("/bin/sleep", ["30"], as: home.user) }
            defer { other.cancel() }
            let otherID = try await sleepingProcess(of: home.user)
            try home.write(
                "\(otherID)\n\(home.data)\n1\n5432\n\(home.path)\n127.0.0.1\n  1 1\nready   \n",
                to: home.data + "/postmaster.pid")

            let server = try await EmbeddedPostgres.start(.kept(directory: directory))
            #expect(!server.wasAdopted)
            #expect(server.processID != otherID)
            #expect(try await sql("SELECT 1", on: server.url) == "1")
            try await server.stop()
        }
    }

    @Test("is restarted when other settings are asked for")
    func takesNewSettings() async throws {
        try await withDirectory { directory in
            var first: EmbeddedPostgres? = try await EmbeddedPostgres.start(.kept(directory: directory))
            let processID = first?.processID
            first = nil
            let second = try await EmbeddedPostgres.start(.kept(directory: directory), settings: ["work_mem": "9MB"])
            #expect(!second.wasAdopted)
            #expect(second.processID != processID)
            #expect(try await sql("SHOW work_mem", on: second.url) == "9MB")
            try await second.stop()
        }
    }

    @Test("in a directory too deep for a socket has it in a short one, which goes with the server")
    func deepDirectory() async throws {
        try await withDirectory(depth: 4) { directory in
            let server = try await EmbeddedPostgres.start(.kept(directory: directory))
            let socket = try await sql("SHOW unix_socket_directories", on: server.url).filter { $0 != "\"" }
            #expect(ServerHome.holdsSocket(socket))
            #expect(exists(socket))
            try await server.kill()
            try await server.restart()
            #expect(try await sql("SELECT 1", on: server.url) == "1")
            try await server.stop()
            #expect(!exists(socket))
        }
    }

    @Test("starts below a directory that the server's user cannot enter")
    func unreachableDirectory() async throws {
        try await withDirectory { directory in
            let closed = directory + "/closed"
            try FileManager.default.createDirectory(
                atPath: closed, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let first = try await EmbeddedPostgres.start(.kept(directory: closed + "/server"))
            _ = try await sql("CREATE TABLE t AS SELECT 42 AS n", on: first.url)
            try await first.stop()
            let second = try await EmbeddedPostgres.start(.kept(directory: closed + "/server"))
            #expect(second.directory == first.directory)
            #expect(try await sql("SELECT n FROM t", on: second.url) == "42")
            try await second.stop()
            try FileManager.default.removeItem(atPath: second.directory)
        }
    }

    @Test("refuses a directory with other things in it")
    func refusesForeignDirectories() async throws {
        try await withDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory + "/photos", withIntermediateDirectories: true)
            let error = await #expect(throws: EmbeddedPostgresError.self) {
                try await EmbeddedPostgres.start(.kept(directory: directory))
            }
            #expect(error?.code == .directoryUnusable)
        }
    }

    /// The process id of our `sleep 30`, once it runs.
    private func sleepingProcess(of user: ServerUser?) async throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
                guard let processID = Int32(name),
                    let command = try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8),
                    command == "/bin/sleep\0" + "30\0"
                else { continue }
                return processID
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw EmbeddedPostgresError(.startFailed, "no sleep to be found")
    }
}
