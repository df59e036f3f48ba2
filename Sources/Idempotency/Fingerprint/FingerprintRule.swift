public import HTTPTypes

/// What makes two requests the same request: how a request's ``Fingerprint`` is made.
///
/// ```swift
/// IdempotencyPolicy(fingerprint: .canonicalJSON)
/// IdempotencyPolicy(fingerprint: .rawBody.including(fields: [HTTPField.Name("Accept-Version")!]))
/// ```
/// A rule that leaves out what matters replays one request's answer to another; one that counts what does not matter refuses honest
/// retries with 422. In doubt the second is the smaller evil, and ``rawBody`` is the default.
///
/// With another rule a request has another fingerprint: a retry from before the change may get 422 until its key's retention is over.
public struct FingerprintRule: Sendable {
    /// How the rule reads the body, for documents that describe a route.
    public enum Kind: String, Sendable {
        /// Every byte counts.
        case rawBody = "raw_body"
        /// Two spellings of one JSON value are the same (RFC 8785).
        case canonicalJSON = "canonical_json"
        /// Known to the service only.
        case custom
    }

    /// How the rule reads the body.
    public let kind: Kind
    /// The header fields that count as well, each once, in the order of their names in lower case; none by default.
    public let fields: [HTTPField.Name]
    private let make: @Sendable (HTTPRequest, [UInt8]) throws -> Fingerprint

    /// Method, path, query, content type and every byte of the body. The fastest.
    public static let rawBody = FingerprintRule(.rawBody) { request, body in
        .of(request, body: body)
    }

    /// As ``rawBody``, with a body of JSON in its canonical spelling: white space, the order of members, escapes in strings and the
    /// spelling of numbers (`1.50`, `1.5`, `15e-1`) do not matter.
    ///
    /// For clients that write their body anew for each try. The body is read as JSON whatever its content type says.
    ///
    /// The spelling is RFC 8785's but in one point. The RFC takes numbers for IEEE 754 doubles and would round 1.00000000000000001 to
    /// 1; to a handler that reads decimals these are two amounts. Here numbers keep their exact value: 9007199254740993 and
    /// 9007199254740992 are different, `1e400` is a number, and `-0` is `0`.
    ///
    /// What has no canonical spelling is taken byte for byte, and the handler may refuse it: a body that is not JSON, a member name
    /// twice in one object, half a surrogate pair, bytes that are not UTF-8, more than 128 levels, exponents of sixteen digits.
    ///
    /// Sources: RFC 8785; RFC 7493 (I-JSON).
    public static let canonicalJSON = FingerprintRule(.canonicalJSON) { request, body in
        .of(request, body: CanonicalJSON(body)?.bytes ?? body)
    }

    /// A rule of your own. What it throws reaches the framework as it is, and the work does not run.
    ///
    /// ```swift
    /// .custom { request, body in
    ///     var order = try JSONDecoder().decode(Order.self, from: Data(body))
    ///     order.sentAt = nil  // differs with each try
    ///     return .of(request, body: try sortedKeysEncoder.encode(order))
    /// }
    /// ```
    /// ``Fingerprint/of(_:body:)`` takes other bytes in place of the body, ``Fingerprint/init(hashing:)`` nothing but chosen bytes.
    ///
    /// - Parameter make: from a request and its whole body to its fingerprint. The same for each retry; not for other requests.
    public static func custom(
        _ make: @escaping @Sendable (HTTPRequest, [UInt8]) throws -> Fingerprint
    ) -> FingerprintRule {
        FingerprintRule(.custom, make)
    }

    private init(
        _ kind: Kind, fields: [HTTPField.Name] = [],
        _ make: @escaping @Sendable (HTTPRequest, [UInt8]) throws -> Fingerprint
    ) {
        self.kind = kind
        self.fields = fields
        self.make = make
    }

    /// The same rule, and these header fields count as well: those that change what the request does, such as `Stripe-Account` or
    /// `Accept-Version`.
    ///
    /// Values count byte for byte. A field in several lines equals the same in one, joined with a comma (RFC 9110 section 5.3). An absent
    /// field differs from an empty one. The order of `fields` does not matter.
    public func including(fields: [HTTPField.Name]) -> FingerprintRule {
        guard !fields.isEmpty else { return self }
        func sorted(_ names: [HTTPField.Name]) -> [HTTPField.Name] {
            Set(names).sorted { $0.canonicalName < $1.canonicalName }
        }
        let names = sorted(fields)
        return FingerprintRule(kind, fields: sorted(self.fields + fields)) { [make] request, body in
            try make(request, body).including(names.map { ($0.canonicalName, request.headerFields.bytes(of: $0)) })
        }
    }

    /// The fingerprint of a request.
    ///
    /// - Parameters:
    ///   - request: the request, its path as it was received.
    ///   - body: its whole body.
    /// - Throws: what a ``custom(_:)`` rule throws.
    public func fingerprint(of request: HTTPRequest, body: [UInt8]) throws -> Fingerprint {
        try make(request, body)
    }
}

extension HTTPFields {
    /// The field's value; nil without one. Not `self[name]`: to it all bytes that are not UTF-8 are the same.
    fileprivate func bytes(of name: HTTPField.Name) -> [UInt8]? {
        let lines = self[fields: name].map { field in field.withUnsafeBytesOfValue(Array.init) }
        return lines.isEmpty ? nil : Array(lines.joined(separator: Array(", ".utf8)))
    }
}
