public import Hummingbird
import Logging

/// A handler asked for the transaction of a request that is not protected. A mistake in the routes, answered with 500.
public struct UnprotectedRouteError: HTTPResponseError, CustomStringConvertible {
    /// Always 500: the client cannot mend it.
    public var status: HTTPResponse.Status { .internalServerError }

    /// What the developer has to change.
    public var description: String {
        "requireTransaction() was called on a request that no IdempotencyMiddleware protects. Add the middleware to the group "
            + "before the route, and check that the policy's methods include the route's."
    }

    init() {}

    /// Logs the mistake with the route's path, and answers a plain problem that says nothing about it.
    public func response(from request: Request, context: some RequestContext) throws -> Response {
        context.logger.error("\(description)", metadata: ["route": "\(context.endpointPath ?? "unknown")"])
        return try Problem.internalServerError.response(from: request, context: context)
    }
}
