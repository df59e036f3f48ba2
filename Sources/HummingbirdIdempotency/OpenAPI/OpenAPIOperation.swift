import HTTPTypes
import Idempotency

/// What one policy adds to an operation, and the components that this refers to.
struct OpenAPIOperation {
    private let policy: IdempotencyPolicy
    /// The protection's own responses: for each status, its problems.
    private let problems: [(status: String, kinds: [ProblemKind])]

    init(_ policy: IdempotencyPolicy) {
        self.policy = policy
        let kinds = ProblemKind.allCases.filter { $0.canHappen(under: policy) }
        problems = Dictionary(grouping: kinds) { String($0.status.code) }.sorted { $0.key < $1.key }
            .map { (status: $0.key, kinds: $0.value) }
    }

    /// Adds the protection's parameters and responses to an operation, and to the components what it refers to then.
    func add(to operation: inout OpenAPIValue, components: inout OpenAPIValue) {
        components = components.merging(self.components)
        operation["parameters"] = (operation["parameters"] ?? []).merging(.array(parameters))
        var responses = operation["responses"] ?? [:]
        for member in responses.members where member.value["$ref"] == nil {
            guard isStored(member.name) else { continue }
            responses[member.name] = member.value.merging(["headers": storedHeaders])
        }
        for (status, kinds) in problems {
            if let own = responses[status] {
                if own["$ref"] == nil { responses[status] = own.merging(response(kinds)) }
            } else {
                let name = name(of: kinds)
                responses[status] = .reference("components/responses/\(name)")
                components = components.merging(["responses": .object([.init(name: name, value: response(kinds))])])
            }
        }
        operation["responses"] = .object(responses.members.sorted { $0.name < $1.name })
    }

    private var components: OpenAPIValue {
        var parameters: OpenAPIValue = .object([.init(name: keyName, value: key)])
        if followsPreferences { parameters["Prefer"] = Self.prefer }
        return ["parameters": parameters, "headers": Self.headers, "schemas": ["Problem": Self.problem]]
    }

    // MARK: Parameters

    private var followsPreferences: Bool { policy.maximumPreferredWait > .zero }

    private var parameters: [OpenAPIValue] {
        var parameters: [OpenAPIValue] = [.reference("components/parameters/\(keyName)")]
        if followsPreferences { parameters.append(.reference("components/parameters/Prefer")) }
        return parameters
    }

    /// Routes with other rules for the key have another component.
    private var keyName: String {
        let syntax =
            switch policy.keySyntax {
            case .lenient: ""
            case .strict: "Strict"
            }
        return "\(policy.keyRequired ? "" : "Optional")\(syntax)IdempotencyKey"
    }

    private var key: OpenAPIValue {
        // A character of a string in RFC 9651 (section 3.3.3) that is visible: anything but \ and ", or one of them after \.
        let string = #""(?:[!#-\[\]-~]|\\["\\]){1,255}""#
        let bare = "[!#-~][!-~]{0,254}"
        let (spelling, pattern) =
            switch policy.keySyntax {
            case .lenient: (#"as a string of RFC 9651 ("...") or bare"#, "^(?:\(bare)|\(string))$")
            case .strict: (#"as a string of RFC 9651 ("...")"#, "^\(string)$")
            }
        return [
            "name": .string(HTTPField.Name.idempotencyKey.rawName), "in": "header",
            "required": .boolean(policy.keyRequired),
            "description":
                "Your name for this operation: 1 to \(IdempotencyKey.maximumLength) characters of visible ASCII, \(spelling). Make a new one for each operation and repeat it with every retry.",
            "schema": [
                "type": "string", "minLength": 1,
                // Every character of the string escaped, and its quotation marks.
                "maxLength": .integer(2 * IdempotencyKey.maximumLength + 2), "pattern": .string(pattern),
            ],
            "example": #""9b2f4c1e-order-17""#,
        ]
    }

    private static let prefer: OpenAPIValue = [
        "name": .string(HTTPField.Name.prefer.rawName), "in": "header",
        "description":
            "wait=N asks a retry to wait for the first request that long, in seconds (RFC 7240). What is not understood is ignored.",
        "schema": ["type": "string"],
        "example": "wait=5",
    ]

    // MARK: Responses

    /// Whether a response with this status is stored where the handler gives it: an answer, or an error that the policy calls final.
    private func isStored(_ status: String) -> Bool {
        switch status.first {
        case "2", "3": true
        case "4": policy.isFinal != nil || policy.finalStatuses.contains(Int(status) ?? 0)
        default: false
        }
    }

    private func name(of kinds: [ProblemKind]) -> String {
        kinds.map { kind in
            kind.rawValue.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        }.joined(separator: "Or")
    }

    private func response(_ kinds: [ProblemKind]) -> OpenAPIValue {
        var response: OpenAPIValue = [
            "description": .string(kinds.map { "\($0.title) (\($0.rawValue))." }.joined(separator: " "))
        ]
        var headers: OpenAPIValue = [:]
        if kinds.contains(where: \.isRetryable) { headers["Retry-After"] = .reference("components/headers/RetryAfter") }
        if kinds.contains(.inFlight), followsPreferences {
            headers["Preference-Applied"] = .reference("components/headers/PreferenceApplied")
        }
        if kinds.contains(.answerWithheld) { headers["Location"] = .reference("components/headers/Location") }
        if !headers.members.isEmpty { response["headers"] = headers }
        response["content"] = .object([
            .init(name: Problem.mediaType, value: ["schema": .reference("components/schemas/Problem")])
        ])
        return response
    }

    private var storedHeaders: OpenAPIValue {
        var headers: OpenAPIValue = [
            "Idempotent-Replayed": .reference("components/headers/IdempotentReplayed"),
            "Idempotency-Key-Expires": .reference("components/headers/IdempotencyKeyExpires"),
        ]
        if followsPreferences { headers["Preference-Applied"] = .reference("components/headers/PreferenceApplied") }
        return headers
    }

    private static let headers: OpenAPIValue = [
        "IdempotentReplayed": [
            "description": "\"true\" when this is the stored answer of an earlier request; absent from a first answer.",
            "schema": ["type": "string", "const": "true"],
        ],
        "IdempotencyKeyExpires": [
            "description":
                "Until when this answer is kept, as a Date of RFC 9651: an at sign and seconds since 1970. Absent from what is not stored.",
            "schema": ["type": "string", "pattern": "^@[0-9]+$"],
        ],
        "Location": [
            "description": "Where the resource is.", "schema": ["type": "string", "format": "uri-reference"],
        ],
        "PreferenceApplied": [
            "description": "How long the request would have waited, when it asked with Prefer: wait=N, in seconds.",
            "schema": ["type": "string", "pattern": "^wait=[0-9]+$"],
        ],
        "RetryAfter": [
            "description": "Seconds to wait before the retry.",
            "schema": ["type": "integer", "minimum": 1],
        ],
    ]

    private static let problem: OpenAPIValue = [
        "type": "object",
        "description": "RFC 9457. The type is a URI reference to the documentation of the problem.",
        "required": ["type", "title", "status", "detail"],
        "properties": [
            "type": ["type": "string", "format": "uri-reference"],
            "title": ["type": "string"],
            "status": ["type": "integer"],
            "detail": ["type": "string"],
        ],
    ]
}
