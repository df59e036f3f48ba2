import Hummingbird
import Logging

/// Lets requests log at the service's level, and logs each at debug.
///
/// Their logger is a copy of the application's, which is kept quiet for the sake of the framework's own remarks; without this, no failed
/// request would leave a line. A request is logged by its route, not by its path: that of `/idempotency-keys/{key}` holds a key.
struct RequestLogging: RouterMiddleware {
    typealias Context = PaymentsContext

    let level: Logger.Level

    func handle(
        _ request: Request, context: PaymentsContext, next: (Request, PaymentsContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.logger.logLevel = level
        context.logger.debug(
            "Request", metadata: ["method": "\(request.method)", "route": "\(context.endpointPath ?? "unknown")"])
        return try await next(request, context)
    }
}
