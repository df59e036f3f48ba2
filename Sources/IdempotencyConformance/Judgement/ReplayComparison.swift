/// A first answer and that of a retry.
struct ReplayComparison {
    let first: Answer
    let replay: Answer
    /// Fields that differ from answer to answer, lower-case.
    let ignored: Set<String>

    /// Of the connection (RFC 9110 section 7.6.1), of the moment, or of the framing that the body's comparison covers.
    /// Set-Cookie and Date have checks of their own.
    private static let ofTheMoment: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "content-length",
        "date", "age", "expires", "set-cookie", "idempotent-replayed", "server-timing", "via", "alt-svc", "nel",
        "report-to", "reporting-endpoints", "content-security-policy", "x-runtime", "x-served-by", "x-timer",
        "x-azure-ref", "x-vercel-id", "b3",
    ]

    /// What proxies and frameworks name their own fields with.
    private static let ofTheWay = [
        "ratelimit", "rate-limit", "request-id", "requestid", "correlation", "trace", "latency", "response-time",
        "service-time", "x-cache", "x-amz", "x-b3-", "cf-",
    ]

    var status: Verdict {
        replay.status == first.status
            ? .met("\(replay.status) both times") : .unmet("\(first.status), then \(replay.status)")
    }

    var body: Verdict {
        if replay.body == first.body { return .met("the same \(first.body.count) bytes") }
        let same = zip(first.body, replay.body).prefix { $0 == $1 }.count
        return .unmet("\(first.body.count) bytes, then \(replay.body.count); they differ from byte \(same) on")
    }

    var fields: Verdict {
        var seen: Set<String> = []
        let names = first.fields.map { $0.name.lowercased() }.filter { seen.insert($0).inserted && isCompared($0) }
        let missing = names.filter { replay.values($0).isEmpty }
        let other = names.filter { !replay.values($0).isEmpty && replay.values($0) != first.values($0) }
        guard missing.isEmpty, other.isEmpty else {
            return .unmet(
                [
                    missing.isEmpty ? nil : "without \(missing.joined(separator: ", "))",
                    other.isEmpty ? nil : "another value of \(other.joined(separator: ", "))",
                ].compactMap(\.self).joined(separator: "; "))
        }
        return .met(names.isEmpty ? "no fields to compare" : names.joined(separator: ", "))
    }

    /// The bytes and the status: a replay, whatever else.
    var isSameAnswer: Bool { first.status == replay.status && first.body == replay.body }

    private func isCompared(_ name: String) -> Bool {
        !Self.ofTheMoment.contains(name) && !ignored.contains(name) && !Self.ofTheWay.contains(where: name.contains)
    }
}
