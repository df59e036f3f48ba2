import HTTPTypes
import HummingbirdIdempotency

extension Problem {
    /// A problem of this service.
    init(_ kind: PaymentsProblemKind, detail: String, members: [String: String] = [:], headers: HTTPFields = [:]) {
        self.init(
            type: "\(DocumentationRoutes.idempotencyPath)#\(kind.rawValue)", title: kind.title, status: kind.status,
            detail: detail, members: members, headers: headers)
    }

    /// 400 that names the field.
    static func invalid(field: String, _ detail: String) -> Problem {
        Problem(.invalidRequest, detail: detail, members: ["field": field])
    }

    /// 404; the same whether the thing does not exist or belongs to another tenant.
    static func notFound(_ thing: String) -> Problem {
        Problem(.notFound, detail: "There is no such \(thing).")
    }

    /// 401 without a token.
    static var unauthorized: Problem {
        Problem(
            .unauthorized, detail: "Send the header field Authorization: Bearer TOKEN.",
            headers: [.wwwAuthenticate: #"Bearer realm="payments""#])
    }

    /// 401 with a token that nobody has (RFC 6750 section 3.1).
    static var unknownToken: Problem {
        Problem(
            .unauthorized, detail: "The token is not known here.",
            headers: [.wwwAuthenticate: #"Bearer realm="payments", error="invalid_token""#])
    }
}
