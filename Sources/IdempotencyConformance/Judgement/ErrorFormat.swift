/// How refusals are written.
enum ErrorFormat {
    /// Leads to documentation, as section 2.7 asks.
    /// - Parameter linkSuffices: whether a Link field will do.
    static func documentation(_ answers: [(name: String, answer: Answer)], linkSuffices: Bool) -> Verdict {
        judge(answers) { answer in
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
    static func acpCodes(_ answers: [(name: String, answer: Answer)]) -> Verdict {
        judge(answers) { answer in
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

    /// The key is neither in the body nor in a field.
    static func keyEcho(_ answers: [(name: String, answer: Answer, key: String)]) -> Verdict {
        judge(answers.map { ($0.name, $0.answer) }) { answer in
            guard let key = answers.first(where: { $0.answer == answer })?.key, !key.isEmpty else { return nil }
            if String(decoding: answer.body, as: UTF8.self).contains(key) { return "the key is in the body" }
            // ACP asks for this field.
            let fields = answer.fields.filter { $0.name.lowercased() != "idempotency-key" }
            return fields.first { $0.value.contains(key) }.map { "the key is in \($0.name)" }
        }
    }

    private static func judge(_ answers: [(name: String, answer: Answer)], _ fault: (Answer) -> String?) -> Verdict {
        guard !answers.isEmpty else { return .untested("no refusal was seen") }
        let faults = answers.compactMap { name, answer in fault(answer).map { "\(answer.status) for \(name): \($0)" } }
        return faults.isEmpty
            ? .met(answers.map { "\($0.answer.status) for \($0.name)" }.joined(separator: ", "))
            : .unmet(faults.joined(separator: "; "))
    }
}
