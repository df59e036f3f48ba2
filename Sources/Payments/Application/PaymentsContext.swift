import Hummingbird
import HummingbirdIdempotency
import Logging

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a request carries along: who asks, and the transaction it runs in.
struct PaymentsContext: IdempotencyRequestContext {
    var coreContext: CoreRequestContextStorage
    var idempotency = IdempotencyContext()
    /// Set by ``TokenAuthentication``.
    var tenant: Tenant?

    init(source: Source) {
        coreContext = .init(source: source)
    }

    /// Who asks.
    /// - Throws: 401 on a route without ``TokenAuthentication``, so that forgetting it opens nothing.
    func requireTenant() throws -> Tenant {
        guard let tenant else { throw Problem.unauthorized }
        return tenant
    }

    /// Sorted, so that the same thing is always the same bytes, and slashes as they are.
    var responseEncoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }
}
