#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One logical operation of a client: a key and a body of its own.
struct Operation: Sendable {
    let unique: Unique
    /// Unquoted.
    let key: String
    let body: String

    /// A new one, with this body.
    init(_ template: BodyTemplate) {
        unique = Unique()
        key = Self.newKey()
        body = template.filled(unique)
    }

    /// A UUIDv4: what section 2.2 recommends, and what servers accept that are strict about the form of a key.
    static func newKey() -> String { UUID().uuidString.lowercased() }

    static func random(_ length: Int) -> String {
        String((0..<length).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "0" })
    }
}
