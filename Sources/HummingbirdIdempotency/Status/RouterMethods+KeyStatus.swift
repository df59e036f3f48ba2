import HTTPTypes
public import Hummingbird
public import Idempotency
import NIOCore

extension RouterMethods {
    /// Adds `GET /idempotency-keys/{key}`: what became of the request with a key, for a caller who does not want to send it again.
    ///
    /// | situation | answer |
    /// |---|---|
    /// | the request runs | 200 `{"state":"in_progress"}` |
    /// | its outcome is stored | 200 `{"state":"done","status":201,"created_at":"2026-11-25T16:00:00Z","expires_at":"2026-11-26T16:00:00Z"}` |
    /// | nothing is known of the key | 404 ``ProblemKind/keyUnknown``: never used, not carried out, or its retention is over |
    /// | the key cannot be one | 400 ``ProblemKind/keyMalformed`` |
    ///
    /// The key stands percent-encoded in the path, with or without its quotation marks, whatever syntax the header field must have. The
    /// answer holds nothing of the outcome but its status, and is not cached (`Cache-Control: no-store`).
    ///
    /// Add it behind authentication: `scope` must be the one that the protected routes use, so that a caller sees no keys but its own.
    /// A key in a path ends in access logs, those of proxies too. Leave this route out where keys must not; a retry tells as much.
    ///
    /// - Parameters:
    ///   - idempotency: the engine.
    ///   - options: how to answer problems.
    ///   - scope: who owns the key, as for ``IdempotencyMiddleware``.
    @discardableResult
    public func idempotencyKeyStatus(
        _ idempotency: Idempotency, options: IdempotencyOptions = .init(),
        scope: @escaping @Sendable (Request, Context) async throws -> String
    ) -> Self {
        get("/idempotency-keys/{key}") { request, context in
            do {
                let scope = try await scope(request, context)
                let key = try IdempotencyKey(pathComponent: context.parameters.require("key"))
                guard let status = try await idempotency.status(scope: scope, key: key) else {
                    throw Problem(.keyUnknown, options: options)
                }
                return Response(
                    status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
                    body: ResponseBody(byteBuffer: ByteBuffer(bytes: try KeyStatusDocument(status).json())))
            } catch {
                guard var problem = Problem(statusFailure: error, options: options) else { throw error }
                problem.headers[.cacheControl] = "no-store"
                throw problem
            }
        }
    }
}

extension Problem {
    /// The problem that an error is to whoever asks for a key's status; nil for errors of others.
    fileprivate init?(statusFailure error: any Error, options: IdempotencyOptions) {
        switch error {
        case let problem as Problem: self = problem
        case let error as KeyError: self.init(.keyMalformed, options: options, detail: error.message)
        default: self.init(failure: error, options: options)
        }
    }
}

extension IdempotencyKey {
    /// Reads a key from one component of a path (RFC 3986 section 2.1).
    /// - Throws: ``KeyError``; `.notVisibleASCII` for a percent sign without two hexadecimal digits.
    fileprivate init(pathComponent: String) throws(KeyError) {
        var bytes: [UInt8] = []
        var rest = pathComponent.utf8[...]
        func hexDigit() -> UInt8? {
            rest.popFirst().flatMap { Character(Unicode.Scalar($0)).hexDigitValue }.map(UInt8.init)
        }
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                // Zero is no character of a key, and is refused as such.
                guard let high = hexDigit(), let low = hexDigit() else {
                    bytes.append(0)
                    break
                }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        try self.init(parsing: String(decoding: bytes, as: UTF8.self))
    }
}
