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
