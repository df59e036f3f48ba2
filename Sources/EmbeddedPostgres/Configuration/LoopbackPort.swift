#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// TCP ports of 127.0.0.1.
enum LoopbackPort {
    /// A port that nobody listens on now: the kernel's choice. Another program may take it before the server does, so be ready to
    /// try again.
    static func free() throws -> Int {
        switch bound(to: 0) {
        case .success(let port): return port
        case .failure(let error):
            throw EmbeddedPostgresError(.startFailed, "no free port on 127.0.0.1", underlying: error)
        }
    }

    /// Whether the port could be listened on now.
    static func isFree(_ port: Int) -> Bool {
        if case .success = bound(to: port) { true } else { false }
    }

    /// Binds, reads the port, lets go.
    private static func bound(to port: Int) -> Result<Int, SystemError> {
        #if canImport(Glibc)
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        #else
        let kind = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { return .failure(.last) }
        defer { close(descriptor) }
        // As the server does: otherwise connections in TIME_WAIT count as a listener.
        var yes: Int32 = 1
        _ = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
            }
        }
        guard result == 0 else { return .failure(.last) }
        return .success(Int(in_port_t(bigEndian: address.sin_port)))
    }
}
