import Logging
import ServiceLifecycle
import Synchronization
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

// One after the other: twenty servers that run initdb at once starve each other.
@Suite("A temporary server", .serialized)
struct TemporaryServerTests {
    @Test("answers on its socket and on 127.0.0.1, and leaves nothing behind when stopped")
    func startsAndStops() async throws {
        let server = try await EmbeddedPostgres.start(.temporary)
        let postmaster = Postmaster(processID: server.processID, dataDirectory: server.directory + "/data")
        #expect(postmaster.isRunning)
        #expect(try await sql("SELECT inet_server_addr() IS NULL", on: server.url) == "t")
        #expect(try await sql("SELECT host(inet_server_addr())", on: #require(server.tcpURL)) == "127.0.0.1")
        #expect(try await sql("SHOW fsync", on: server.url) == "off")
        #expect(try await sql("SHOW max_connections", on: server.url) == "200")

        try await server.stop()
        #expect(!postmaster.isRunning)
        #expect(Postmaster.processes(in: postmaster.dataDirectory).isEmpty)
        #expect(!exists(server.directory))
        try await server.stop()
        await #expect(throws: EmbeddedPostgresError.self) { try await server.restart() }
    }

    @Test("asks for its password on the socket and on 127.0.0.1")
    func asksForItsPassword() async throws {
        let server = try await EmbeddedPostgres.start(.temporary)
        for url in [server.url, try #require(server.tcpURL)] {
            let password = try #require(url.split(separator: "@").first?.split(separator: ":").last)
            let wrong = url.replacing(password, with: "wrong")
            await #expect(throws: StatementFailed.self) { try await sql("SELECT 1", on: wrong) }
        }
        let home = server.directory
        #expect(try mode(of: home) == 0o700)
        #expect(try mode(of: home + "/password") == 0o600)
        #expect(try mode(of: home + "/server.log") == 0o600)
        try await server.stop()
    }

    @Test("takes settings, which win over the defaults")
    func takesSettings() async throws {
        let server = try await EmbeddedPostgres.start(
            .temporary, settings: ["fsync": "on", "max_prepared_transactions": "7", "cluster_name": #"it's a \ test"#])
        #expect(try await sql("SHOW fsync", on: server.url) == "on")
        #expect(try await sql("SHOW max_prepared_transactions", on: server.url) == "7")
        #expect(try await sql("SHOW cluster_name", on: server.url) == #"it's a \ test"#)
        try await server.stop()
    }

    @Test(
        "that is killed, or loses its power, comes back with its data, under the same URLs", arguments: [false, true])
    func killAndRestart(powerOff: Bool) async throws {
        let server = try await EmbeddedPostgres.start(.temporary)
        _ = try await sql("CREATE TABLE t AS SELECT 42 AS n", on: server.url)
        let first = server.processID
        if powerOff { try await server.powerOff() } else { try await server.kill() }
        await #expect(throws: StatementFailed.self) { try await sql("SELECT 1", on: server.url) }
        try await server.restart()
        #expect(server.processID != first)
        #expect(try await sql("SELECT n FROM t", on: server.url) == "42")
        #expect(try await sql("SELECT n FROM t", on: #require(server.tcpURL)) == "42")
        try await server.restart()
        #expect(try await sql("SELECT n FROM t", on: server.url) == "42")
        try await server.stop(.immediate)
        #expect(!exists(server.directory))
    }

    @Test("that does not start says why with the end of its log, and leaves nothing behind")
    func failedStart() async throws {
        let error = await #expect(throws: EmbeddedPostgresError.self) {
            try await EmbeddedPostgres.start(.temporary, settings: ["shared_buffers": "nonsense"])
        }
        #expect(error?.code == .startFailed)
        #expect(error?.message.contains("shared_buffers") == true)
    }

    @Test("takes another port when somebody has taken the chosen one meanwhile")
    func portTaken() async throws {
        let first = try await EmbeddedPostgres.start(.temporary)
        let taken = try #require(
            first.tcpURL?.split(separator: ":").last?.split(separator: "/").first.flatMap { Int($0) })
        let home = try ServerHome.temporary()
        let watchdog = try Watchdog(home: home.path)
        let ports = Mutex([taken, taken, try LoopbackPort.free()])
        var launcher = ServerLauncher(
            home: home, binaries: try await ServerBinaries.find(majorVersion: nil),
            configuration: try ServerConfiguration(storage: .temporary, overrides: [:]), isTemporary: true)
        launcher.choosePort = { ports.withLock { $0.removeFirst() } }
        let (postmaster, address) = try await launcher.start(password: launcher.initialize(), at: nil)
        #expect(postmaster.isRunning)
        #expect(address.port != taken)
        #expect(ports.withLock { $0.isEmpty })
        try await watchdog.release()
        #expect(!postmaster.isRunning)
        #expect(!exists(home.path))
        try await first.stop()
    }

    @Test("leaves nothing behind when its start is cancelled")
    func cancelledStart() async throws {
        // On a busy machine a start may be complete before it is seen to have begun. Such a one is no cancelled start.
        for _ in 1...10 {
            let mark = RandomText.hexadecimal(bytes: 8)
            let start = Task { try await EmbeddedPostgres.start(.temporary, settings: ["cluster_name": mark]) }
            try await eventually("postgres is starting") { try home(marked: mark) != nil }
            let directory = try #require(try home(marked: mark))
            start.cancel()
            switch await start.result {
            case .success(let server):
                try await server.stop()
            case .failure(let error):
                #expect(error is CancellationError)
                #expect(!exists(directory))
                #expect(Postmaster.processes(in: directory + "/data").isEmpty)
                return
            }
        }
        Issue.record("no start was cancelled in time")
    }

    @Test("goes away with its directory when the process that owns it is killed with -9")
    func diesWithItsOwner() async throws {
        let result = await #expect(
            processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent],
            performing: {
                let server = try await EmbeddedPostgres.start(.temporary)
                _ = try await sql("CREATE TABLE t (n int)", on: server.url)
                print("OWNED \(server.processID) \(server.directory) OWNED")
                fflush(nil)
                _ = kill(getpid(), SIGKILL)
            })
        let output = try String(decoding: #require(result).standardOutputContent, as: UTF8.self)
        let words = output.split { $0 == " " || $0 == "\n" }
        let start = try #require(words.firstIndex(of: "OWNED"))
        let processID = try #require(Int32(words[start + 1]))
        let directory = String(words[start + 2])
        try await eventually("the directory is gone") { !exists(directory) }
        let postmaster = Postmaster(processID: processID, dataDirectory: directory + "/data")
        #expect(!postmaster.isRunning)
        #expect(Postmaster.processes(in: directory + "/data").isEmpty)
    }

    @Test("goes away when nobody refers to it any more")
    func diesWithItsLastReference() async throws {
        var server: EmbeddedPostgres? = try await EmbeddedPostgres.start(.temporary)
        let directory = try #require(server?.directory)
        server = nil
        try await eventually("the directory is gone") { !exists(directory) }
    }

    @Test("stops when its service group shuts down")
    func stopsAsAService() async throws {
        let server = try await EmbeddedPostgres.start(.temporary)
        let group = ServiceGroup(services: [server], logger: Logger(label: "test"))
        await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            await group.triggerGracefulShutdown()
        }
        #expect(!exists(server.directory))
    }

    private func home(marked mark: String) throws -> String? {
        try FileManager.default.contentsOfDirectory(atPath: "/tmp")
            .filter { $0.hasPrefix("embedded-postgres-") }
            .map { "/tmp/" + $0 }
            .first { (try? String(contentsOfFile: $0 + "/server.conf", encoding: .utf8))?.contains(mark) == true }
    }

    private func mode(of path: String) throws -> mode_t {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status.st_mode & 0o777
    }
}
