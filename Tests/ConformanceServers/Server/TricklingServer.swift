import Hummingbird
import NIOCore

/// Answers at once, byte by byte, and never comes to an end.
enum TricklingServer {
    static func withURL<Value: Sendable>(_ body: @Sendable (String) async throws -> Value) async throws -> Value {
        let router = Router()
        router.post("payments") { _, _ in
            Response(
                status: .created,
                body: ResponseBody { writer in
                    while true {
                        try await writer.write(ByteBuffer(string: " "))
                        try await Task.sleep(for: .milliseconds(50))
                    }
                })
        }
        return try await router.withURL(body)
    }
}
