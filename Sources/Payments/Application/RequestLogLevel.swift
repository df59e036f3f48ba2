import Hummingbird
import Logging

/// Lets requests log at the service's level.
///
/// Their logger is a copy of the application's, which is kept quiet for the sake of the framework's own remarks; without this, no failed
/// request would leave a line.
struct RequestLogLevel: RouterMiddleware {
    typealias Context = PaymentsContext

    let level: Logger.Level

    func handle(
        _ request: Request, context: PaymentsContext, next: (Request, PaymentsContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.logger.logLevel = level
        return try await next(request, context)
    }
}
