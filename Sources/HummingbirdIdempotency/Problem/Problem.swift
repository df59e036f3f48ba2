public import HTTPTypes
public import Hummingbird
import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// An error that answers `application/problem+json` (RFC 9457).
///
/// Throw it from a handler like `HTTPError`. Everything in it but ``underlying`` is shown to the client: no SQL, no keys, nobody
/// else's data.
public struct Problem: HTTPResponseError, Sendable {
    /// A URI reference that names the kind of problem and resolves to its documentation; `about:blank` when the status says it all.
    public var type: String
    /// A short summary, the same for every problem of this type.
    public var title: String
    /// The status of the response.
    public var status: HTTPResponse.Status
    /// What happened this time, and what the client can do.
    public var detail: String
    /// Further members, by name. Members named like the four above are ignored.
    public var members: [String: String]
    /// Further header fields of the response, for instance `Retry-After`.
    public var headers: HTTPFields
    /// The error behind this one, for middleware and logs. Never part of the response.
    public var underlying: (any Error)?

    /// Makes a problem.
    /// - Parameters:
    ///   - type: a URI reference; `about:blank` by default.
    ///   - title: a short summary; the status' reason phrase by default.
    ///   - status: the status of the response.
    ///   - detail: what happened this time.
    ///   - members: further members; none by default.
    ///   - headers: further header fields; none by default.
    ///   - underlying: the error behind this one; none by default.
    public init(
        type: String = "about:blank", title: String? = nil, status: HTTPResponse.Status, detail: String,
        members: [String: String] = [:], headers: HTTPFields = [:], underlying: (any Error)? = nil
    ) {
        self.type = type
        self.title = title ?? status.reasonPhrase
        self.status = status
        self.detail = detail
        self.members = members
        self.headers = headers
        self.underlying = underlying
    }

    /// The media type of the response.
    public static let mediaType = "application/problem+json"

    /// The problem that says nothing more than 500.
    public static let internalServerError = Problem(
        status: .internalServerError, detail: "The server failed to answer this request.")

    /// Writes the problem as JSON.
    public func response(from request: Request, context: some RequestContext) throws -> Response {
        let body = ByteBuffer(bytes: try document())
        var headers = headers
        headers[.contentType] = Self.mediaType
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// The problem as JSON.
    func document() throws -> Data {
        let encoder = JSONEncoder()
        // Sorted, so that the same problem is the same bytes.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(Document(problem: self))
    }
}

extension Problem: CustomStringConvertible {
    /// Status, type and detail, for logs.
    public var description: String { "Problem(\(status.code), \(type)): \(detail)" }
}

extension Problem {
    private struct Document: Encodable {
        let problem: Problem

        struct Name: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(_ name: String) { stringValue = name }
            init(stringValue: String) { self.init(stringValue) }
            init?(intValue: Int) { nil }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Name.self)
            for (name, value) in problem.members {
                try container.encode(value, forKey: Name(name))
            }
            try container.encode(problem.type, forKey: Name("type"))
            try container.encode(problem.title, forKey: Name("title"))
            try container.encode(problem.status.code, forKey: Name("status"))
            try container.encode(problem.detail, forKey: Name("detail"))
        }
    }
}
