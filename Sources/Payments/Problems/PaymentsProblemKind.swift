import HTTPTypes

/// The problems of this service, beside those of the protection. The raw value is the fragment of the problem's `type`.
enum PaymentsProblemKind: String, CaseIterable {
    case invalidRequest = "invalid-request"
    case unauthorized = "unauthorized"
    case insufficientBalance = "insufficient-balance"
    case notFound = "not-found"
    case refundTooLarge = "refund-too-large"

    var status: HTTPResponse.Status {
        switch self {
        case .invalidRequest: .badRequest
        case .unauthorized: .unauthorized
        case .insufficientBalance: HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
        case .notFound: .notFound
        case .refundTooLarge: .conflict
        }
    }

    var title: String {
        switch self {
        case .invalidRequest: "Request is invalid"
        case .unauthorized: "Authentication is required"
        case .insufficientBalance: "Balance is too small"
        case .notFound: "Not found"
        case .refundTooLarge: "Refund is larger than what is left of the payment"
        }
    }
}
