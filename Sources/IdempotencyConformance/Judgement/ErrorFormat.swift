/// How refusals are written.
enum ErrorFormat {
    /// Leads to documentation, as section 2.7 asks.
    /// - Parameter linkSuffices: whether a Link field will do.
    static func documentation(_ refusals: [Evidence.Refusal], linkSuffices: Bool) -> Verdict {
        judge(refusals) { answer in
            let isProblem = answer.values("content-type").contains {
                $0.lowercased().hasPrefix("application/problem+json")
            }
            let type = answer.json?.text("type")
            if isProblem, let type, !type.isEmpty, type != "about:blank" {
                if case .number(let status)? = answer.json?.members["status"], Int(exactly: status) != answer.status {
                    return "a problem whose status is not \(answer.status)"
                }
                return nil
            }
            if linkSuffices, answer.values("link").contains(where: { $0.contains("describedby") }) { return nil }
            return isProblem
                ? "problem+json without a type" : (answer.values("content-type").first ?? "no content type")
        }
    }

    /// ACP's flat error with the code of its table.
    static func acpCodes(_ refusals: [Evidence.Refusal]) -> Verdict {
        judge(refusals) { answer in
            let expected = [
                400: "idempotency_key_required", 409: "idempotency_in_flight", 422: "idempotency_conflict",
            ][answer.status]
            let json = answer.json
            guard json?.text("type") == "invalid_request", json?.text("code") == expected, json?.text("message") != nil
            else {
                return "not type invalid_request, code \(expected ?? "of ACP") and a message"
            }
            return nil
        }
    }

    /// The key is neither in a body nor in a field.
    static func keyEcho(_ refusals: [Evidence.Refusal]) -> Verdict {
        guard !refusals.isEmpty else { return .untested("no refusal was seen") }
        for refusal in refusals where !refusal.key.isEmpty {
            let found = "\(refusal.answer.status) for \(refusal.name): the key is in "
            if String(decoding: refusal.answer.body, as: UTF8.self).contains(refusal.key) {
                return .unmet(found + "the body")
            }
            // ACP asks for the field Idempotency-Key.
            let fields = refusal.answer.fields.filter { $0.name.lowercased() != "idempotency-key" }
            if let field = fields.first(where: { $0.value.contains(refusal.key) }) { return .unmet(found + field.name) }
        }
        return .met("in none of \(refusals.count) refusals")
    }

    private static func judge(_ refusals: [Evidence.Refusal], _ fault: (Answer) -> String?) -> Verdict {
        guard !refusals.isEmpty else { return .untested("no refusal was seen") }
        let faults = refusals.compactMap { refusal in
            fault(refusal.answer).map { "\(refusal.answer.status) for \(refusal.name): \($0)" }
        }
        return faults.isEmpty
            ? .met(refusals.map { "\($0.answer.status) for \($0.name)" }.joined(separator: ", "))
            : .unmet(faults.joined(separator: "; "))
    }
}
