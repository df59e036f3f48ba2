import Logging

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// The directory that holds everything of one server. It belongs to the server's user and to nobody else (mode 0700).
struct ServerHome: Sendable, Hashable {
    /// Absolute, without symbolic links.
    let path: String
    /// The account that owns it when we are root.
    let user: ServerUser?

    var data: String { path + "/data" }
    /// Where `initdb` works; renamed to `data` when it has finished, so that `data` is never half made.
    var initializing: String { path + "/initializing" }
    var password: String { path + "/password" }
    var configuration: String { path + "/server.conf" }
    var log: String { path + "/server.log" }
    var startLock: String { path + "/start.lock" }
    var ownersLock: String { path + "/owners.lock" }

    /// A new private directory. Not under TMPDIR: that may be deep (the path of a Unix socket holds 107 bytes, 103 on macOS) or
    /// closed to the server's user.
    static func temporary() throws -> ServerHome {
        let user = try ServerUser.current()
        return ServerHome(path: realPath(try privateDirectory(for: user)), user: user)
    }

    /// The home in a directory of the caller's choice.
    static func kept(in directory: String, logger: Logger) async throws -> ServerHome {
        let home = directory + "/home"
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let content = try FileManager.default.contentsOfDirectory(atPath: directory)
            guard content.isEmpty || content.contains("start.lock") || content.contains("home") else {
                throw EmbeddedPostgresError(
                    .directoryUnusable,
                    "\(directory) has files in it that are not an embedded server's; choose another directory")
            }
        } catch let error as EmbeddedPostgresError {
            throw error
        } catch {
            throw EmbeddedPostgresError(.directoryUnusable, "cannot create or read \(directory)", underlying: error)
        }
        let path = realPath(FileManager.default.fileExists(atPath: home) ? home : directory)
        let user = try ServerUser.current(dataDirectory: path + "/data")
        let here = ServerHome(path: path, user: user)
        if try await here.isReachable() {
            try here.takeOwnership()
            return here
        }
        // We are root and an ancestor (often /root) is closed to the server's user, who must be able to name its directory.
        let elsewhere = try privateDirectory(for: user, in: "/var/lib")
        try? FileManager.default.removeItem(atPath: home)
        try FileManager.default.createSymbolicLink(atPath: home, withDestinationPath: elsewhere)
        logger.notice(
            "The server's user cannot enter the directory; its data live elsewhere and a link leads there",
            metadata: ["link": "\(home)", "directory": "\(elsewhere)"])
        return ServerHome(path: elsewhere, user: user)
    }

    /// Whether the server's user can get here.
    private func isReachable() async throws -> Bool {
        guard let user else { return true }
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        return try await Tool.run("/bin/sh", ["-c", "cd -- \"$1/\"", "sh", parent], as: user).succeeded
    }

    private func takeOwnership() throws {
        if let user, chown(path, user.userID, user.groupID) != 0 {
            throw EmbeddedPostgresError(
                .directoryUnusable, "cannot give \(path) to its user", underlying: SystemError.last)
        }
        guard chmod(path, 0o700) == 0 else {
            throw EmbeddedPostgresError(
                .directoryUnusable, "cannot close \(path) to others", underlying: SystemError.last)
        }
    }

    // MARK: Files

    /// The file's text, `nil` when there is none or it is not ours to read.
    func read(_ file: String) -> String? {
        try? String(contentsOfFile: file, encoding: .utf8)
    }

    /// Writes a file that only the server's user (and root) can read.
    func write(_ text: String, to file: String) throws {
        let descriptor = try open(file, truncating: true)
        defer { descriptor.close() }
        do {
            try FileDescriptor(rawValue: descriptor.number).writeAll(text.utf8)
        } catch {
            throw EmbeddedPostgresError(.directoryUnusable, "cannot write \(file)", underlying: error)
        }
    }

    /// The log of a new server; the last one's is kept as `server.log.1`.
    func openLog() throws -> OwnedDescriptor {
        rename(log, log + ".1")
        return try open(log, truncating: false)
    }

    /// The last lines of the log, for error messages.
    func logTail(lines: Int = 20) -> String {
        let text = read(log) ?? ""
        return text.split(separator: "\n").suffix(lines).joined(separator: "\n")
    }

    private func open(_ file: String, truncating: Bool) throws -> OwnedDescriptor {
        // The server's user may write in this directory and we may be root: follow no link of its making.
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (truncating ? O_TRUNC : O_APPEND)
        let descriptor = systemOpen(file, flags, 0o600)
        guard descriptor >= 0 else {
            throw EmbeddedPostgresError(.directoryUnusable, "cannot write \(file)", underlying: SystemError.last)
        }
        if let user { _ = fchown(descriptor, user.userID, user.groupID) }
        return OwnedDescriptor(descriptor)
    }

    // MARK: Socket

    /// The longest path of a Unix socket, without the final zero byte. Source: unix(7); macOS has four bytes less.
    #if canImport(Darwin)
    static let longestSocketPath = 103
    #else
    static let longestSocketPath = 107
    #endif

    /// Whether a server's socket fits into the folder, whatever its port.
    static func holdsSocket(_ directory: String) -> Bool {
        directory.utf8.count + "/.s.PGSQL.65535".utf8.count <= longestSocketPath
    }

    /// The folder for the socket: the home, or a short private one when the home is too deep.
    func socketDirectory() throws -> String {
        Self.holdsSocket(path) ? path : try Self.privateDirectory(for: user)
    }

    /// Removes what ``socketDirectory()`` made.
    func removeSocketDirectory(_ directory: String) {
        guard directory != path, directory.hasPrefix("/tmp/" + Self.prefix) else { return }
        try? FileManager.default.removeItem(atPath: directory)
    }

    // MARK: Directories

    private static let prefix = "embedded-postgres-"

    /// Makes a directory that belongs to the server's user alone. The name is random and must not exist, so nobody can have laid
    /// it out for us.
    private static func privateDirectory(for user: ServerUser?, in parent: String = "/tmp") throws -> String {
        let path = parent + "/" + prefix + RandomText.hexadecimal(bytes: 6)
        guard mkdir(path, 0o700) == 0 else {
            throw EmbeddedPostgresError(.directoryUnusable, "cannot create \(path)", underlying: SystemError.last)
        }
        if let user, chown(path, user.userID, user.groupID) != 0 {
            throw EmbeddedPostgresError(
                .directoryUnusable, "cannot give \(path) to its user", underlying: SystemError.last)
        }
        return path
    }

    /// As the kernel names it: processes show their working directory in this form.
    private static func realPath(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

// The method above hides the function of the same name.
private func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }
