import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import Idempotency
import NIOCore

/// `GET /docs/idempotency`, which the problem types link to, and `GET /openapi.yaml`.
///
/// Both are compiled in: a deployed service needs no files beside it.
struct DocumentationRoutes {
    let catalogue: IdempotencyCatalogue
    let policy: IdempotencyPolicy
    let hasBaseline: Bool

    /// The path of the page that explains the problems; a problem's `type` is this and a fragment.
    static let idempotencyPath = "/docs/idempotency"

    func add(to router: some RouterMethods<PaymentsContext>) {
        let page = Self.response(IdempotencyPage.html(policy), type: "text/html; charset=utf-8")
        let document = Self.response(
            OpenAPIDocument.complete(catalogue, hasBaseline: hasBaseline).yaml, type: "application/yaml")
        router.get("docs/idempotency") { _, _ in page }
        router.get("openapi.yaml") { _, _ in document }
    }

    private static func response(_ text: String, type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "public, max-age=3600"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
