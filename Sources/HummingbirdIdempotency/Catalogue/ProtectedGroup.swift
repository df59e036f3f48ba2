public import HTTPTypes
public import Hummingbird
import Idempotency

/// A group of routes that an ``IdempotencyMiddleware`` protects and a catalogue lists.
///
/// Made by `router.group(_:protectedBy:listedIn:)`. Routes with a method that the policy does not protect are added, too; they are
/// not listed.
public struct ProtectedGroup<Context: IdempotencyRequestContext>: RouterMethods {
    private let group: RouterGroup<Context>
    private let protection: RequestProtection<Context>
    private let catalogue: IdempotencyCatalogue

    init(
        _ group: RouterGroup<Context>, _ middleware: IdempotencyMiddleware<Context>, _ catalogue: IdempotencyCatalogue
    ) {
        self.group = group.add(middleware: middleware)
        protection = middleware.protection
        self.catalogue = catalogue
    }

    /// Adds a route.
    /// - Precondition: the catalogue was not published yet.
    @discardableResult
    public func on<Responder: HTTPResponder>(
        _ path: RouterPath, method: HTTPRequest.Method, responder: Responder
    ) -> Self where Responder.Context == Context {
        if protection.policy.methods.contains(method) {
            catalogue.list(protection.policy, protection.options) {
                group.on(path, method: method, responder: responder)
            }
        } else {
            group.on(path, method: method, responder: responder)
        }
        return self
    }

    /// Adds middleware inside the protection, for the routes that are added after it.
    @discardableResult
    public func add(middleware: any MiddlewareProtocol<Request, Response, Context>) -> Self {
        group.add(middleware: middleware)
        return self
    }
}

extension RouterMethods where Context: IdempotencyRequestContext {
    /// A group whose routes are protected and listed, in one.
    ///
    /// - Parameters:
    ///   - path: the prefix of the group's routes.
    ///   - middleware: the protection.
    ///   - catalogue: where the routes are listed.
    public func group(
        _ path: RouterPath = "", protectedBy middleware: IdempotencyMiddleware<Context>,
        listedIn catalogue: IdempotencyCatalogue
    ) -> ProtectedGroup<Context> {
        ProtectedGroup(group(path), middleware, catalogue)
    }
}
