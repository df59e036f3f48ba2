import Foundation
import HTTPTypes
import Hummingbird
import IdempotencyConformance
import NIOCore

extension KeyedServer {
    /// The whole of a request, made of the steps.
    func respond(to request: Request) async throws -> Response {
        guard await admits(request) else {
            return Response(status: .tooManyRequests, headers: [.retryAfter: "0"])
        }
        guard let principal = principal(of: request) else { return Response(status: .unauthorized) }
        let lines = request.headers[values: .idempotencyKey]
        let key = key(in: lines)
        // ACP 6.1: a key belongs to its endpoint, and 6.2: the body alone is compared.
        let endpoint = profile == .acp ? "\(request.method) \(request.uri.path)" : ""
        let id = id(of: key ?? "", principal: principal) + endpoint
        let line = profile == .acp ? "" : line(of: request)
        var request = request
        let body: String
        do {
            body = String(buffer: try await request.collectBody(upTo: 4096))
        } catch is NIOTooManyBytesError {
            return refuse(.tooLarge, key: key ?? "").response
        } catch {
            if key != nil { await interrupted(id) }
            throw error
        }
        guard let order = Order(body) else { return Response(status: .badRequest) }
        if lines.isEmpty || profile == .acp && lines == [""] {
            guard profile == .stripe else { return refuse(.missingKey, key: "").response }
            return try await work(order, principal: principal, request: request).response
        }
        guard let key else { return refuse(.malformedKey, key: lines.joined()).response }
        var answer: StoredAnswer
        switch await claim(id, fingerprint: line + fingerprint(of: body)) {
        case .mismatch: answer = refuse(.mismatch, key: key)
        case .inFlight: answer = refuse(.inFlight, key: key)
        case .replay(let stored): answer = await replay(stored, order: order, principal: principal)
        case .claimed:
            answer = try await work(order, principal: principal, request: request)
            if let expires = await memory.expires(id) {
                answer.fields[.idempotencyKeyExpires] = "@\(expires)"
            }
            if keeps(answer) { await memory.store(answer, for: id) } else { await memory.free(id) }
        }
        if profile == .acp { answer.fields[.idempotencyKey] = key }
        return answer.response
    }

    /// Runs it on a port of its own.
    func withURL<Value: Sendable>(_ body: @Sendable (String) async throws -> Value) async throws -> Value {
        let router = Router()
        // Whatever the method and the path below: the protection is in front of the routes.
        for method: HTTPRequest.Method in [.post, .patch] {
            router.on("payments", method: method) { request, _ in try await respond(to: request) }
            router.on("payments/:part", method: method) { request, _ in try await respond(to: request) }
        }
        router.get("payments") { request, _ in
            let count = await memory.count(
                request.uri.queryParameters.get("reference") ?? "", of: request.headers[.authorization] ?? "")
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(
                    byteBuffer: ByteBuffer(
                        string: "[" + Array(repeating: "{}", count: count).joined(separator: ",") + "]")))
        }
        return try await router.withURL(body)
    }
}
