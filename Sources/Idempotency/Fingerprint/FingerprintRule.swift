public import HTTPTypes

/// What makes two requests the same request.
public struct FingerprintRule: Sendable {
    private let make: @Sendable (HTTPRequest, [UInt8]) throws -> Fingerprint

    /// Method, path, query, content type and every byte of the body.
    public static let rawBody = FingerprintRule { request, body in
        .of(request, body: body)
    }

    private init(_ make: @escaping @Sendable (HTTPRequest, [UInt8]) throws -> Fingerprint) {
        self.make = make
    }

    /// The fingerprint of a request.
    public func fingerprint(of request: HTTPRequest, body: [UInt8]) throws -> Fingerprint {
        try make(request, body)
    }
}

extension Fingerprint {
    fileprivate static func of(_ request: HTTPRequest, body: [UInt8]) -> Fingerprint {
        let target = request.path ?? ""
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return .of(
            method: request.method.rawValue, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : nil,
            contentType: request.headerFields[.contentType], body: body)
    }
}
