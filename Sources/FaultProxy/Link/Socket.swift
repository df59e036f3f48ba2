import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A blocking stream socket.
///
/// `shutDown` may be called by another thread than the one that reads; `close` only when no thread uses it any more, because the
/// number may then belong to somebody else.
struct Socket: Sendable {
    let descriptor: Int32

    /// Listens on a free port of 127.0.0.1.
    static func listener() throws -> (socket: Socket, port: Int) {
        let socket = try Socket(AF_INET)
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket.descriptor, address, length) == 0 && listen(socket.descriptor, 128) == 0
                    && getsockname(socket.descriptor, address, &length) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        return (socket, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// Connects to a server.
    static func connected(to server: ServerPlace) throws -> Socket {
        switch server {
        case .port(let port):
            let socket = try Socket(AF_INET)
            var address = loopback(port: port)
            try socket.connect(&address, MemoryLayout<sockaddr_in>.size)
            socket.sendAtOnce()
            return socket
        case .path(let path):
            let socket = try Socket(AF_UNIX)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            try socket.connect(&address, MemoryLayout<sockaddr_un>.size)
            return socket
        }
    }

    private init(_ family: Int32) throws {
        try self.init(keeping: socket(family, streamType, 0))
    }

    /// Closed in programs that are started meanwhile: inherited, it would keep a connection open after its end here.
    private init(keeping descriptor: Int32) throws {
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        self.descriptor = descriptor
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private func connect<Address>(_ address: inout Address, _ size: Int) throws {
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                systemConnect(descriptor, $0, socklen_t(size))
            }
        }
        if result == 0 { return }
        let code = errno
        close()
        throw POSIXError(POSIXErrorCode(rawValue: code) ?? .ECONNREFUSED)
    }

    /// The next connection of a listener; nil when it was shut down.
    func accept() -> Socket? {
        while true {
            if let socket = try? Socket(keeping: systemAccept(descriptor, nil, nil)) {
                socket.sendAtOnce()
                return socket
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: usleep(10_000)  // until somebody closes something
            default: return nil
            }
        }
    }

    private func sendAtOnce() {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// What has arrived, or nil at the end of the connection.
    func read() -> ArraySlice<UInt8>? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? buffer[..<count] : nil
    }

    /// Sends all of it. Returns whether the connection took it.
    func write(_ bytes: some Collection<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, noSignal) }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func close() { _ = systemClose(descriptor) }

    /// Ends the connection with a reset instead of a farewell. The number stays in use, for threads that still read from it.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        // A thread that waits for input would keep the socket. In this direction nothing is said to the other side.
        shutdown(descriptor, Int32(SHUT_RD))
        // Shutting down would say goodbye in order; closing the last descriptor of the socket resets it.
        let nowhere = open("/dev/null", O_RDWR)
        dup2(nowhere, descriptor)
        _ = systemClose(nowhere)
    }
}

/// Where a server listens.
enum ServerPlace: Sendable, Hashable {
    /// A port of 127.0.0.1.
    case port(Int)
    /// A Unix socket.
    case path(String)

    /// - Parameter url: of a server on this machine: with the folder of its Unix socket as the parameter `host`, or with a port.
    init(_ url: URLComponents) throws {
        func value(_ name: String) -> String? { url.queryItems?.first { $0.name == name }?.value }
        let port = value("port") ?? url.port.map(String.init) ?? "5432"
        if let directory = value("host"), directory.hasPrefix("/") {
            self = .path("\(directory)/.s.PGSQL.\(port)")
        } else if let port = Int(port), [nil, "", "127.0.0.1", "localhost"].contains(url.host) {
            self = .port(port)
        } else {
            throw POSIXError(.EADDRNOTAVAIL)
        }
    }
}

#if canImport(Darwin)
private let streamType = SOCK_STREAM
private let noSignal: Int32 = 0
#else
private let streamType = Int32(SOCK_STREAM.rawValue)
private let noSignal = Int32(MSG_NOSIGNAL)
#endif

// Under names that the methods above do not hide.
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func systemConnect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(descriptor, address, length)
}
private func systemAccept(
    _ descriptor: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: UnsafeMutablePointer<socklen_t>?
) -> Int32 { accept(descriptor, address, length) }
