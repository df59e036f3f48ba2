import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import LibPQ
import Logging

/// Makes every error of the service a problem+json, the framework's own included.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = PaymentsContext

    func handle(
        _ request: Request, context: PaymentsContext, next: (Request, PaymentsContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            throw problem
        } catch let error as HTTPError {
            let detail = error.body ?? "The server has nothing more to say about this."
            throw error.status == .notFound
                ? Problem(.notFound, detail: "There is nothing at this address.")
                : Problem(status: error.status, detail: detail, headers: error.headers)
        } catch let error as any HTTPResponseError {
            throw Problem(status: error.status, detail: "The request cannot be answered.", underlying: error)
        } catch {
            if let problem = Problem(failure: error) { throw problem }
            // Only our own errors promise a description without data; of others the type must do.
            let description = error is PostgresError ? "\(error)" : "\(type(of: error))"
            context.logger.error("Request failed", metadata: ["error": "\(description)"])
            throw Problem.internalServerError
        }
    }
}
