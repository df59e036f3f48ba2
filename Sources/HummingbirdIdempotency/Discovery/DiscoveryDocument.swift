import HTTPTypes
import Idempotency

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a client can read about the protected routes before it sends a request. The names of members are stable; clients ignore members
/// that they do not know.
///
/// | member | |
/// |---|---|
/// | `header_fields` | the names of the fields: `key`, `replayed`, `expires` |
/// | `routes[]` | one for each protected route |
/// | `.method`, `.path` | which; parameters of the path in braces |
/// | `.documentation` | the page that explains the problems, as a URI reference |
/// | `.key.required` | whether a request without key is refused (400) or runs unprotected |
/// | `.key.syntax` | `strict`: a string of RFC 9651, in quotation marks; `lenient`: bare, too |
/// | `.key.maximum_length` | in characters of visible ASCII |
/// | `.retention_seconds` | how long an answer is kept, counted from the first request |
/// | `.late_retries` | `action`: `reexecute` or `refuse` (410); with `refuse`, `remember_seconds`: how much longer a key is remembered |
/// | `.in_flight` | `action`: what a retry meets while the first request runs, `wait` or `reject` (409); `wait_seconds`: how long it waits; `maximum_preferred_wait_seconds`: the most that `Prefer: wait` can ask for, 0 where it is ignored |
/// | `.handler_deadline_seconds` | how long a request may take |
/// | `.replay` | what a retry gets: `snapshot`, the first answer; `reference`, the same resource as it is now; `none`, 409 with `Location` |
/// | `.final_errors` | which errors are stored and replayed, of those that the handler throws: what it returns below 500 is stored always; `decided_by`: `status` or `service`; with `status`, `statuses` lists them |
/// | `.fingerprint` | what makes two requests the same: `raw_body`, `canonical_json` (RFC 8785) or `custom`; with the first two, method, path, query and content type count besides |
/// | `.fingerprint_fields` | the names of further header fields that count; absent where there are none |
/// | `.limits` | the most bytes of `request_body`, `request_headers`, `response_body`, `response_headers` |
/// | `.new_keys` | `count` new keys are allowed in `period_seconds` (429); absent where there is no limit |
struct DiscoveryDocument: Encodable {
    let headerFields = HeaderFields()
    let routes: [Route]

    init(_ routes: [ProtectedRoute]) {
        self.routes = routes.map(Route.init)
    }

    /// The document as JSON. Sorted, so that the same rules are always the same bytes.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try encoder.encode(self)
    }

    struct HeaderFields: Encodable {
        let key = HTTPField.Name.idempotencyKey.rawName
        let replayed = HTTPField.Name.idempotentReplayed.rawName
        let expires = HTTPField.Name.idempotencyKeyExpires.rawName
    }

    struct Route: Encodable {
        let method: String
        let path: String
        let documentation: String
        let key: Key
        let retentionSeconds: Double
        let lateRetries: Late
        let inFlight: InFlight
        let handlerDeadlineSeconds: Double
        let replay: String
        let finalErrors: FinalErrors
        let fingerprint: String
        let fingerprintFields: [String]?
        let limits: Limits
        let newKeys: NewKeys?

        init(_ route: ProtectedRoute) {
            let policy = route.policy
            method = route.method.rawValue
            path = route.path
            documentation = route.options.documentation
            key = Key(policy)
            retentionSeconds = policy.retention.inSeconds
            lateRetries = Late(policy.lateRetries)
            inFlight = InFlight(policy)
            handlerDeadlineSeconds = policy.handlerDeadline.inSeconds
            replay =
                switch policy.replay {
                case .snapshot: "snapshot"
                case .reference: "reference"
                case .none: "none"
                }
            finalErrors = FinalErrors(policy)
            fingerprint = policy.fingerprint.kind.rawValue
            let fields = policy.fingerprint.fields.map(\.rawName)
            fingerprintFields = fields.isEmpty ? nil : fields
            limits = Limits(policy)
            newKeys = policy.newKeys.map { NewKeys(count: $0.count, periodSeconds: $0.period.inSeconds) }
        }
    }

    struct Key: Encodable {
        let required: Bool
        let syntax: String
        let maximumLength = IdempotencyKey.maximumLength

        init(_ policy: IdempotencyPolicy) {
            required = policy.keyRequired
            syntax =
                switch policy.keySyntax {
                case .lenient: "lenient"
                case .strict: "strict"
                }
        }
    }

    struct Late: Encodable {
        let action: String
        let rememberSeconds: Double?

        init(_ late: LateRetries) {
            switch late {
            case .reexecute: (action, rememberSeconds) = ("reexecute", nil)
            case .refuse(let remember): (action, rememberSeconds) = ("refuse", remember.inSeconds)
            }
        }
    }

    struct InFlight: Encodable {
        let action: String
        let waitSeconds: Double
        let maximumPreferredWaitSeconds: Double

        init(_ policy: IdempotencyPolicy) {
            action = policy.waitBudget > .zero ? "wait" : "reject"
            waitSeconds = policy.waitBudget.inSeconds
            maximumPreferredWaitSeconds = policy.maximumPreferredWait.inSeconds
        }
    }

    struct FinalErrors: Encodable {
        let decidedBy: String
        let statuses: [Int]?

        init(_ policy: IdempotencyPolicy) {
            decidedBy = policy.isFinal == nil ? "status" : "service"
            statuses = policy.isFinal == nil ? policy.finalStatuses.sorted() : nil
        }
    }

    struct Limits: Encodable {
        let requestBody: Int
        let requestHeaders: Int
        let responseBody: Int
        let responseHeaders: Int

        init(_ policy: IdempotencyPolicy) {
            requestBody = policy.maximumRequestBody
            requestHeaders = policy.maximumRequestHeaders
            responseBody = policy.maximumResponseBody
            responseHeaders = policy.maximumResponseHeaders
        }
    }

    struct NewKeys: Encodable {
        let count: Int
        let periodSeconds: Double
    }
}

extension Duration {
    /// In seconds; the fraction is exact to about a microsecond in a day.
    fileprivate var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
