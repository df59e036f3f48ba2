#if os(Linux)
import Glibc
import TestSupport
import Testing

@testable import LibPQ

extension PostgresConnection {
    /// What the kernel says of the connection's socket.
    fileprivate func socketOption(_ level: Int32, _ name: Int32) -> Int32? {
        guard let socket = handle?.socket else { return nil }
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(socket, level, name, &value, &length) == 0 ? value : nil
    }
}

@Suite("The socket of a connection")
struct SocketOptionsTests {
    private static let tcp = Int32(IPPROTO_TCP)

    @Test("notices a dead peer after seconds, unless the caller says otherwise")
    func keepalives() async throws {
        try await withTestDatabase { database in
            let address = ["host": "127.0.0.1", "port": "\(try await database.tcpPort)"]
            let connection = try await PostgresConnection.connect(database.configuration(address))
            #expect(await connection.socketOption(SOL_SOCKET, SO_KEEPALIVE) == 1)
            #expect(await connection.socketOption(Self.tcp, TCP_KEEPIDLE) == 5)
            #expect(await connection.socketOption(Self.tcp, TCP_KEEPINTVL) == 2)
            #expect(await connection.socketOption(Self.tcp, TCP_KEEPCNT) == 3)
            #expect(await connection.socketOption(Self.tcp, TCP_USER_TIMEOUT) == 10_000)
            await connection.close()

            let own = try await PostgresConnection.connect(
                database.configuration(
                    address.merging(["keepalives_idle": "60", "tcp_user_timeout": "30000"]) { $1 }))
            #expect(await own.socketOption(Self.tcp, TCP_KEEPIDLE) == 60)
            #expect(await own.socketOption(Self.tcp, TCP_KEEPINTVL) == 2)
            #expect(await own.socketOption(Self.tcp, TCP_USER_TIMEOUT) == 30_000)
            await own.close()
        }
    }
}
#endif
