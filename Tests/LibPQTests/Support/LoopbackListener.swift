#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A TCP socket that listens on a free port of 127.0.0.1. By itself it never answers: the kernel accepts, nobody speaks.
struct LoopbackListener: ~Copyable {
    let descriptor: Int32
    let port: Int
    /// See ``fill()``.
    private var client: Int32?

    /// - Parameters:
    ///   - host: the last number of the address, 127.0.0.`host`. All but 1 exist on Linux only.
    ///   - port: 0 for a free one.
    ///   - backlog: how many may wait to be accepted, besides one whom Linux always lets in.
    init(host: UInt32 = 1, port wanted: Int = 0, backlog: Int32 = 16) throws {
        let descriptor = keptFromChildren(socket(AF_INET, loopbackStream, 0))
        self.descriptor = descriptor
        var address = loopbackAddress(port: wanted)
        address.sin_addr.s_addr = UInt32(0x7F00_0000 | host).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, backlog) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        if !result { throw SocketError(code: errno) }
    }

    deinit {
        if let client { close(client) }
        close(descriptor)
    }

    /// Takes the only place of a backlog of 0 on 127.0.0.1: to whoever connects now the kernel does not answer, as if a firewall swallowed it.
    mutating func fill() throws {
        let client = keptFromChildren(socket(AF_INET, loopbackStream, 0))
        self.client = client
        var address = loopbackAddress(port: port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                connect(client, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0 { throw SocketError(code: errno) }
    }

    /// Whether somebody has connected whom nobody has accepted.
    var hasVisitor: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 1
    }
}

struct SocketError: Error {
    var code: Int32
}

private func loopbackAddress(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

#if canImport(Glibc)
private let loopbackStream = Int32(SOCK_STREAM.rawValue)
#else
private let loopbackStream = SOCK_STREAM
#endif

/// Closes the descriptor in programs that other tests start: inherited, it would keep a connection open after its end here.
private func keptFromChildren(_ descriptor: Int32) -> Int32 {
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
}
