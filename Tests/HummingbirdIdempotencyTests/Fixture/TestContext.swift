import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import Logging

/// The context of the test routes, as a user would write it.
struct TestContext: IdempotencyRequestContext {
    var coreContext: CoreRequestContextStorage
    var idempotency = IdempotencyContext()

    init(source: Source) {
        coreContext = .init(source: source)
    }
}

extension HTTPField.Name {
    /// Who asks; stands for authentication.
    static let principal = HTTPField.Name("X-Principal")!
    /// After how many bytes the request's body ends, whatever its length was said to be.
    static let cut = HTTPField.Name("X-Cut")!
    /// A field of the handler's own.
    static let effect = HTTPField.Name("X-Effect")!
}
