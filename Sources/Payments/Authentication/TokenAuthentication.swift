import HTTPTypes
import Hummingbird
import HummingbirdIdempotency

/// Finds out who asks, from `Authorization: Bearer TOKEN` (RFC 6750).
struct TokenAuthentication: RouterMiddleware {
    typealias Context = PaymentsContext

    private let settings: AuthenticationSettings

    init(_ settings: AuthenticationSettings) {
        self.settings = settings
    }

    func handle(
        _ request: Request, context: PaymentsContext, next: (Request, PaymentsContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        switch settings {
        case .off:
            context.tenant = .demo
        case .tokens(let tokens):
            guard let token = bearerToken(of: request) else { throw Problem.unauthorized }
            guard let tenant = tokens.tenant(of: token) else { throw Problem.unknownToken }
            context.tenant = tenant
        }
        return try await next(request, context)
    }

    private func bearerToken(of request: Request) -> String? {
        let values = request.headers[values: .authorization]
        guard values.count == 1, let separator = values[0].firstIndex(of: " ") else { return nil }
        // The scheme's name is case-insensitive (RFC 9110 section 11.1).
        guard values[0][..<separator].lowercased() == "bearer" else { return nil }
        return String(values[0][separator...].drop { $0 == " " })
    }
}
