import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Sends requests as they are: HTTP/1.1, no redirects, no retries, no decompression, a connection for each.
struct WireClient: Sendable {
    private let client: HTTPClient
    private let timeout: Duration

    /// Runs the body with a client that is shut down afterwards.
    static func with<Value>(timeout: Duration, _ body: (WireClient) async throws -> Value) async throws -> Value {
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        // A connection that the server closes between two requests would fail the second: nothing to learn from that.
        configuration.maximumUsesPerConnection = 1
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let value: Value
        do {
            value = try await body(WireClient(client: client, timeout: timeout))
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
        return value
    }

    /// Sends a request and reads its whole answer.
    /// - Throws: ``NoAnswer``.
    func send(_ request: WireRequest) async throws -> Answer {
        var outgoing = prepared(request)
        outgoing.body = request.body.map { .bytes(ByteBuffer(bytes: $0)) }
        return try await execute(outgoing)
    }

    /// Sends a request, or half of it, and closes the connection.
    func hangUp(_ request: WireRequest, at moment: HangUp) async {
        let body = request.body ?? []
        var outgoing = prepared(request)
        let (sent, continuation) = AsyncStream.makeStream(of: Void.self)
        let rest: PausingBody.Rest
        let delay: Duration
        switch moment {
        case .inRequest: (rest, delay) = (.neverComes, .zero)
        case .beforeAnswer(let time): (rest, delay) = (.isEmpty, time)
        }
        let part = if case .neverComes = rest { body.prefix(body.count / 2) } else { body[...] }
        outgoing.body = .stream(
            PausingBody(part: ByteBuffer(bytes: part), rest: rest) { continuation.finish() },
            length: .known(Int64(body.count)))
        let sending = Task { [outgoing] in
            defer { continuation.finish() }
            return try await execute(outgoing)
        }
        for await _ in sent {}
        // The last bytes were given to the socket just now: let them leave it.
        try? await Task.sleep(for: max(delay, .milliseconds(5)))
        sending.cancel()
        _ = await sending.result
    }

    private func prepared(_ request: WireRequest) -> HTTPClientRequest {
        var prepared = HTTPClientRequest(url: request.url)
        prepared.method = HTTPMethod(rawValue: request.method)
        for field in request.fields { prepared.headers.add(name: field.name, value: field.value) }
        return prepared
    }

    private func execute(_ request: HTTPClientRequest) async throws -> Answer {
        do {
            return try await withThrowingTaskGroup(of: Answer.self) { group in
                group.addTask { try await wholeAnswer(to: request) }
                // The client's own deadline ends with the head: a body that trickles would never be over.
                group.addTask {
                    try await Task.sleep(for: timeout)
                    throw HTTPClientError.deadlineExceeded
                }
                defer { group.cancelAll() }
                guard let answer = try await group.next() else { throw CancellationError() }
                return answer
            }
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw NoAnswer(reason: "no answer within \(timeout.words)")
        } catch {
            // The error's own words may hold header fields.
            throw NoAnswer(reason: "no answer: \(Self.words(for: error))")
        }
    }

    private func wholeAnswer(to request: HTTPClientRequest) async throws -> Answer {
        let response = try await client.execute(request, deadline: .distantFuture)
        let body = try await response.body.collect(upTo: 1 << 26)
        return Answer(
            Int(response.status.code), response.headers.map { (name: $0.name, value: $0.value) },
            body: Array(body.readableBytesView))
    }

    private static func words(for error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .remoteConnectionClosed: "the server closed the connection"
        case let error as HTTPClientError where error == .connectTimeout: "connecting took too long"
        case let error as HTTPClientError: error.shortDescription
        case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
        case is NIOConnectionError: "no connection could be made"
        default:
            "\(type(of: error))"
                // NIOSSL is a dependency of the client, not ours.
                + ("\(type(of: error))".hasPrefix("NIOSSL")
                    ? ": is it https, with a certificate that this machine trusts?" : "")
        }
    }
}
