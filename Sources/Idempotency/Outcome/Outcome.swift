public import HTTPTypes

/// The answer of a unit of work: what the first caller gets and what every retry gets again. Immutable once committed.
public struct Outcome: Sendable {
    /// The HTTP status code, 100 to 599.
    public var status: Int

    static let statuses = 100...599

    /// The header fields, in order, with duplicates.
    public var headers: HTTPFields

    /// The body, whole.
    public var body: [UInt8]

    /// Makes an outcome.
    ///
    /// - Parameters:
    ///   - status: the HTTP status code.
    ///   - headers: the header fields; none by default.
    ///   - body: the body; empty by default.
    public init(status: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// What a replay answers under the default policy: all but the fields that ``HeaderCodec`` never stores. A policy may keep less.
    public var replayable: Outcome {
        Outcome(status: status, headers: HeaderCodec.storedFields(of: headers), body: body)
    }
}

extension Outcome: Hashable {
    /// Whether two outcomes are the same on the wire: fields in the same order, the same spelling of names, the same
    /// bytes.
    ///
    /// `HTTPFields` itself compares less: it ignores the order of different names and, for values that are not UTF-8,
    /// what the bytes were.
    public static func == (lhs: Outcome, rhs: Outcome) -> Bool {
        lhs.status == rhs.status && lhs.body == rhs.body && lhs.headers.count == rhs.headers.count
            && zip(lhs.headers, rhs.headers).allSatisfy { left, right in
                left.name.rawName == right.name.rawName
                    && left.withUnsafeBytesOfValue { left in
                        right.withUnsafeBytesOfValue { right in left.elementsEqual(right) }
                    }
            }
    }

    /// Feeds the status and the body; equal outcomes agree in both.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(status)
        hasher.combine(body)
    }
}

extension Outcome: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The status and the sizes. Header values and body belong to the caller and are not shown.
    public var description: String {
        "Outcome(status: \(status), headers: \(headers.count), body: \(body.count) bytes)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows to `dump` no more than ``description`` does.
    public var customMirror: Mirror {
        Mirror(self, children: ["status": status, "headers": headers.count, "body": body.count])
    }
}
