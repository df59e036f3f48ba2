import Hummingbird
import HummingbirdIdempotency
import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Request {
    /// Reads the body as JSON.
    /// - Throws: a 400 ``Problem`` that names the field, or says that the body is not JSON.
    func decodeJSON<Value: Decodable>(_ type: Value.Type, context: PaymentsContext) async throws -> Value {
        let buffer = try await body.collect(upTo: context.maxUploadSize)
        do {
            return try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
        } catch let error as DecodingError {
            throw Problem.invalid(error)
        }
    }
}

extension Problem {
    /// What is wrong with a body, without quoting it.
    static func invalid(_ error: DecodingError) -> Problem {
        let path: [any CodingKey]
        let complaint: String
        switch error {
        case .keyNotFound(let key, let context):
            (path, complaint) = (context.codingPath + [key], "is missing")
        case .valueNotFound(_, let context):
            (path, complaint) = (context.codingPath, "must not be null")
        case .typeMismatch(let type, let context):
            (path, complaint) = (context.codingPath, "must be \(name(of: type))")
        case .dataCorrupted(let context):
            (path, complaint) = (context.codingPath, "is out of range or not of the right kind")
        @unknown default:
            (path, complaint) = ([], "cannot be read")
        }
        guard !path.isEmpty else {
            if case .typeMismatch = error { return Problem(.invalidRequest, detail: "The body must be a JSON object.") }
            return Problem(.invalidRequest, detail: "The body is not valid JSON.")
        }
        let field = path.map(\.stringValue).joined(separator: ".")
        return .invalid(field: field, "The field \(field) \(complaint).")
    }

    private static func name(of type: Any.Type) -> String {
        switch type {
        case is Int64.Type: "a whole number"
        case is String.Type: "a string"
        default: "of another type"
        }
    }
}
