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

/// The account that the server runs as when we are root: `initdb` and `postgres` refuse to run as root.
struct ServerUser: Sendable, Hashable {
    let userID: UInt32
    let groupID: UInt32

    /// `nil` when we are not root: then the server runs as we do.
    /// - Parameter dataDirectory: existing data stay with their owner.
    static func current(dataDirectory: String? = nil) throws -> ServerUser? {
        guard geteuid() == 0 else { return nil }
        if let dataDirectory {
            var status = stat()
            if stat(dataDirectory, &status) == 0, status.st_uid != 0 {
                return ServerUser(userID: status.st_uid, groupID: status.st_gid)
            }
        }
        for name in ["postgres", "_postgres", "nobody"] {
            if let user = ServerUser(name: name), user.userID != 0 { return user }
        }
        throw EmbeddedPostgresError(
            .startFailed,
            "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it as")
    }

    /// A command that becomes this user and then the program, in the same process.
    ///
    /// Not swift-subprocess's own `userID`: in 1.0.2 that way of starting a program sometimes never returns when several start at
    /// once (seen in 2 of 22 processes that made 60 starts each; without it in 0 of 60).
    func command(_ program: String, _ arguments: [String]) throws -> (program: String, arguments: [String]) {
        #if canImport(Darwin)
        return ("/usr/sbin/chroot", ["-u", "\(userID)", "-g", "\(groupID)", "/", program] + arguments)
        #else
        if let setpriv = Self.find("setpriv") {
            let become = ["--reuid=\(userID)", "--regid=\(groupID)", "--clear-groups", "--"]
            return (setpriv, become + [program] + arguments)
        }
        if let chroot = Self.find("chroot") {
            return (chroot, ["--userspec=\(userID):\(groupID)", "--groups=", "/", program] + arguments)
        }
        throw EmbeddedPostgresError(
            .startFailed,
            "PostgreSQL refuses to run as root, and neither `setpriv` (util-linux) nor `chroot` (coreutils) is here to drop root's "
                + "rights with. Install util-linux, or run this as another user.")
        #endif
    }

    private static func find(_ program: String) -> String? {
        ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"].map { $0 + program }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private init(userID: UInt32, groupID: UInt32) {
        self.userID = userID
        self.groupID = groupID
    }

    private init?(name: String) {
        var entry = passwd()
        var buffer = [CChar](repeating: 0, count: 16_384)
        var found: UnsafeMutablePointer<passwd>?
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        self.userID = entry.pw_uid
        self.groupID = entry.pw_gid
    }
}
