import RawStructuredFieldValues

/// `Idempotency-Key-Expires: @1764099197`.
enum ExpiresField {
    static let name = "idempotency-key-expires"

    /// Seconds since 1970; nil when the answer has no such field, or it is no Date of RFC 9651.
    static func seconds(in answer: Answer) -> Int64? {
        let values = answer.values(name)
        guard values.count == 1 else { return nil }
        var parser = StructuredFieldValueParser(Array(values[0].utf8))
        // `rfc9651BareItem`, never `bareItem`: the latter traps on a Date.
        guard case .date(let seconds)? = try? parser.parseItemFieldValue().rfc9651BareItem else { return nil }
        return seconds
    }

    static func verdict(first: Answer, replay: Answer, now: Int64) -> Verdict {
        guard !first.values(name).isEmpty else { return .unmet("no such field") }
        guard let expires = seconds(in: first) else { return .unmet("no Date of RFC 9651") }
        guard expires > now else { return .unmet("a moment that has passed") }
        guard seconds(in: replay) == expires else { return .unmet("the replay names another moment, or none") }
        return .met("in \(expires - now) s")
    }
}
