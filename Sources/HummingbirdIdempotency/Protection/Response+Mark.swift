import HTTPTypes
import Hummingbird
import Idempotency

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Response {
    /// Adds what the protection has to say about an answer, and takes away what others said in its place.
    mutating func mark(_ performed: Performed, preference: WaitPreference?) {
        headers[.idempotentReplayed] = performed.disposition == .replayed ? "true" : nil
        headers[.idempotencyKeyExpires] = performed.expiresAt?.structuredField
        headers[.idempotencyResource] = nil
        // The handler may have followed preferences of its own.
        if let preference { headers.append(preference.applied) }
    }
}

extension Date {
    /// A Date of RFC 9651 section 3.3.7, rounded down.
    var structuredField: String { "@\(Int64(timeIntervalSince1970.rounded(.down)))" }
}
