import HTTPTypes
public import Hummingbird
import NIOCore

extension RouterMethods {
    /// Adds `GET /.well-known/idempotency`: the protected routes and their rules as JSON, for clients that want to know how long a key
    /// lives and what a retry meets before they need to.
    ///
    /// ```json
    /// {
    ///   "header_fields": { "key": "Idempotency-Key", "replayed": "Idempotent-Replayed", "expires": "Idempotency-Key-Expires" },
    ///   "routes": [ {
    ///     "method": "POST", "path": "/payments",
    ///     "documentation": "/docs/idempotency",
    ///     "key": { "required": true, "syntax": "lenient", "maximum_length": 255 },
    ///     "retention_seconds": 86400,
    ///     "late_retries": { "action": "reexecute" },
    ///     "in_flight": { "action": "wait", "wait_seconds": 2, "maximum_preferred_wait_seconds": 10 },
    ///     "handler_deadline_seconds": 60,
    ///     "replay": "snapshot",
    ///     "final_errors": { "decided_by": "status", "statuses": [402, 404, 409, 410, 422] },
    ///     "fingerprint": "raw_body",
    ///     "limits": { "request_body": 1048576, "request_headers": 32768, "response_body": 1048576, "response_headers": 32768 }
    ///   } ]
    /// }
    /// ```
    /// Names of members are stable; more may be added. `late_retries.action` may be `refuse`, with `remember_seconds`;
    /// `in_flight.action` may be `reject`; `replay` may be `reference` or `none`; `final_errors.decided_by` may be `service`, without
    /// `statuses`; `fingerprint` may be `canonical_json` or `custom`; `fingerprint_fields` is there where header fields count as well,
    /// `new_keys` with `count` and `period_seconds` where new keys are limited. Sizes are in bytes.
    ///
    /// The document says nothing about callers and needs no authentication. It may be cached for an hour.
    ///
    /// Call it after all protected routes have been added. Source of the path: RFC 8615 (well-known URIs).
    @discardableResult
    public func idempotencyDiscovery(_ catalogue: IdempotencyCatalogue) -> Self {
        let document = DiscoveryDocument(catalogue.publish())
        return get("/.well-known/idempotency") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json", .cacheControl: "public, max-age=3600"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: try document.json())))
        }
    }
}
