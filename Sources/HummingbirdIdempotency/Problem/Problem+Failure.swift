import HTTPTypes
import Hummingbird
import Idempotency
import LibPQ

extension Problem {
    /// A problem of the protection.
    /// - Parameters:
    ///   - kind: which one; status, title and default detail come from it.
    ///   - options: the documentation's address, and the seconds of `Retry-After` for kinds that have one.
    ///   - detail: a more precise sentence, if there is one.
    ///   - underlying: the error behind it, for logs. One of the engine's that knows how long to wait decides on `Retry-After`.
    public init(
        _ kind: ProblemKind, options: IdempotencyOptions = .init(), detail: String? = nil,
        underlying: (any Error)? = nil
    ) {
        self.init(
            type: "\(options.documentation)#\(kind.rawValue)", title: kind.title, status: kind.status,
            detail: detail ?? kind.detail, underlying: underlying)
        if kind.isRetryable {
            let pause = (underlying as? IdempotencyError)?.retryAfter ?? options.retryAfter
            headers[.retryAfter] = String(pause.delaySeconds)
        }
    }
}

extension Problem {
    /// The problem that a failure of the database or of the engine is to the client, for routes beside the protected ones.
    ///
    /// A `PostgresError` after which the same request may succeed is 503 with `Retry-After`; each `IdempotencyError` is the problem of its
    /// code.
    /// - Returns: `nil` for every other error, and for those that know their own response.
    public init?(failure: any Error, options: IdempotencyOptions = .init()) {
        guard let kind = ProblemKind(failure: failure) else { return nil }
        self.init(kind, options: options, underlying: failure)
    }
}

extension ProblemKind {
    /// Which problem a failed `perform` is to the client; `nil` for errors that are the handler's own business and travel on.
    ///
    /// An error that knows its own response always travels on, even if it wraps one of those below.
    init?(failure: any Error) {
        switch failure {
        case is any HTTPResponseError:
            return nil
        case let error as IdempotencyError:
            switch error.code {
            case .mismatch: self = .mismatch
            case .inFlight: self = .inFlight
            case .unavailable, .deadlineExceeded: self = .unavailable
            case .outcomeUnknown: self = .outcomeUnknown
            case .responseTooLarge: self = .responseTooLarge
            case .keyExpired: self = .keyExpired
            case .tooManyNewKeys: self = .tooManyNewKeys
            case .outcomeUnreadable, .damagedOutcome: self = .outcomeUnreadable
            default: self = .internalError
            }
        case let error as PostgresError:
            // A lock not granted, a backend shut down, a serialization failure after the last re-run: rolled back for sure, and
            // trying again may help. A constraint that failed is the handler's to explain.
            if error.code == .commitUnknown {
                self = .outcomeUnknown
            } else if error.isTransient || error.sqlState?.isTransactionRetryable == true {
                self = .unavailable
            } else {
                return nil
            }
        case is ResponseCaptureError:
            self = .responseTooLarge
        default:
            return nil
        }
    }
}

extension Duration {
    /// The value of `Retry-After`: whole seconds, rounded up, at least 1 (RFC 9110 section 10.2.3).
    var delaySeconds: Int64 {
        let (seconds, attoseconds) = components
        return max(1, seconds + (attoseconds > 0 ? 1 : 0))
    }
}
