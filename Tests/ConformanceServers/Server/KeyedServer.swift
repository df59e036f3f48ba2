import Foundation
import HTTPTypes
import Hummingbird
import IdempotencyConformance
import NIOCore

/// Payments with idempotency keys, done right, step by step. A wrong server does one step otherwise.
protocol KeyedServer: Sendable {
    var memory: Memory { get }
    /// Whose rules it keeps.
    var profile: Profile { get }

    /// Whether there are not too many requests now.
    func admits(_ request: Request) async -> Bool
    /// Who asks; nil for nobody.
    func principal(of request: Request) -> String?
    /// The key in these lines of Idempotency-Key; nil when it is malformed.
    func key(in lines: [String]) -> String?
    /// Under which name the key is kept.
    func id(of key: String, principal: String) -> String
    func fingerprint(of body: String) -> String
    /// What of the request's line belongs to the fingerprint.
    func line(of request: Request) -> String
    func claim(_ id: String, fingerprint: String) async -> Memory.Claim
    /// Does the work.
    func work(_ order: Order, principal: String, request: Request) async throws -> StoredAnswer
    /// Whether this answer is kept.
    func keeps(_ answer: StoredAnswer) -> Bool
    /// The answer to a retry.
    func replay(_ answer: StoredAnswer, order: Order, principal: String) async -> StoredAnswer
    /// The client has closed its connection in the middle of its request.
    func interrupted(_ id: String) async
    func refuse(_ refusal: Refusal, key: String) -> StoredAnswer
}

enum Refusal {
    case missingKey
    case malformedKey
    case mismatch
    case inFlight
    case tooLarge
}

extension KeyedServer {
    var profile: Profile { .ietfStrict }

    func admits(_ request: Request) async -> Bool { true }

    func principal(of request: Request) -> String? { request.headers[.authorization] }

    func line(of request: Request) -> String { "\(request.method) \(request.uri)" }

    func key(in lines: [String]) -> String? {
        guard lines.count == 1, let line = lines.first, line.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else { return nil }
        var key = line
        switch profile {
        case .ietf where !line.hasPrefix("\""), .stripe, .acp: break
        case .ietf, .ietfStrict:
            let parts = line.dropFirst().split(separator: "\"", maxSplits: 1, omittingEmptySubsequences: false)
            guard line.hasPrefix("\""), parts.count == 2, parts[1].isEmpty || parts[1].hasPrefix(";") else {
                return nil
            }
            key = String(parts[0])
        }
        return 1...255 ~= key.count ? key : nil
    }

    func id(of key: String, principal: String) -> String { "\(principal) \(key)" }

    func fingerprint(of body: String) -> String {
        guard profile == .acp, let object = try? JSONSerialization.jsonObject(with: Data(body.utf8)),
            let canonical = try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
        else { return body }
        return String(decoding: canonical, as: UTF8.self)
    }

    func claim(_ id: String, fingerprint: String) async -> Memory.Claim {
        await memory.claim(id, fingerprint: fingerprint)
    }

    func work(_ order: Order, principal: String, request: Request) async throws -> StoredAnswer {
        try await pay(order, principal: principal)
    }

    func pay(_ order: Order, principal: String) async throws -> StoredAnswer {
        if order.amount > 1000 { return StoredAnswer(.init(code: 402), [.contentType: "text/plain"], body: "declined") }
        if await memory.fails(order) { return StoredAnswer(.internalServerError) }
        if order.slow == true { try await Task.sleep(for: .milliseconds(150)) }
        let number = await memory.pay(order, by: principal)
        return StoredAnswer(
            .created,
            [
                .contentType: "application/json", .location: "/payments/\(number)",
                .setCookie: "session=\(UUID().uuidString)",
            ],
            body: "{\"reference\": \"\(order.reference)\", \"id\": \(number)}")
    }

    func keeps(_ answer: StoredAnswer) -> Bool { answer.status.code < 500 }

    func replay(_ answer: StoredAnswer, order: Order, principal: String) async -> StoredAnswer {
        var answer = answer
        answer.fields[.setCookie] = nil
        answer.fields[.idempotentReplayed] = "true"
        return answer
    }

    func interrupted(_ id: String) async {}

    func refuse(_ refusal: Refusal, key: String) -> StoredAnswer {
        let (status, code): (HTTPResponse.Status, String) =
            switch refusal {
            case .missingKey: (.badRequest, "idempotency_key_required")
            case .malformedKey: (.badRequest, "idempotency_key_malformed")
            case .mismatch: (profile == .stripe ? .badRequest : .unprocessableContent, "idempotency_conflict")
            case .inFlight: (.conflict, "idempotency_in_flight")
            case .tooLarge: (.contentTooLarge, "too_large")
            }
        var fields: HTTPFields = refusal == .inFlight ? [.retryAfter: "1"] : [:]
        switch profile {
        case .ietf, .ietfStrict:
            fields[.contentType] = "application/problem+json"
            return StoredAnswer(
                status, fields,
                body:
                    "{\"type\": \"https://example.com/docs#\(code)\", \"title\": \"Refused\", \"status\": \(status.code)}"
            )
        case .stripe:
            fields[.contentType] = "application/json"
            return StoredAnswer(
                status, fields,
                body: "{\"error\": {\"type\": \"idempotency_error\", \"message\": \"key \(key): \(code)\"}}")
        case .acp:
            fields[.contentType] = "application/json"
            return StoredAnswer(
                status, fields,
                body: "{\"type\": \"invalid_request\", \"code\": \"\(code)\", \"message\": \"Refused.\"}")
        }
    }
}
