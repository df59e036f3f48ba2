import Idempotency

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The status of a key as JSON.
struct KeyStatusDocument: Encodable {
    let state: String
    let status: Int?
    let createdAt: Date?
    let expiresAt: Date?

    init(_ status: KeyStatus) {
        switch status {
        case .inProgress:
            (state, self.status, createdAt, expiresAt) = ("in_progress", nil, nil, nil)
        case .done(let status, let createdAt, let expiresAt):
            (state, self.status, self.createdAt, self.expiresAt) = ("done", status, createdAt, expiresAt)
        }
    }

    /// The document's bytes; times are those of RFC 3339, in whole seconds.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        return try encoder.encode(self)
    }
}
