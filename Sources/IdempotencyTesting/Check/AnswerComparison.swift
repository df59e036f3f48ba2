import HTTPTypes
import Idempotency

/// Compares what two attempts of a client were answered.
enum AnswerComparison {
    /// The mark of a replay, which only the first answer does not have.
    private static let replayMark = "idempotent-replayed"

    /// What is wrong with the answers after a cut; empty when they are as they should be.
    /// - Parameters:
    ///   - undisturbed: the answer of the undisturbed run.
    ///   - acknowledged: the first final answer.
    ///   - retried: the answer to one more attempt, nil if there was none.
    static func faults(undisturbed: Outcome, acknowledged: Outcome, retried: Outcome?) -> [String] {
        var faults: [String] = []
        if acknowledged.status != undisturbed.status {
            faults.append("the client was answered \(acknowledged.status), without a cut \(undisturbed.status)")
        }
        guard let retried else { return faults }
        let (first, again) = (comparable(acknowledged), comparable(retried))
        if first.status != again.status {
            faults.append("one more retry was answered \(again.status), and before \(first.status)")
        } else if first.body != again.body {
            faults.append("one more retry was answered another body: \(text(again)), and before \(text(first))")
        } else if first != again {
            faults.append(
                "one more retry was answered other header fields: \(names(again)), and before \(names(first))")
        }
        return faults
    }

    /// Without the fields that no replay repeats.
    private static func comparable(_ outcome: Outcome) -> Outcome {
        var outcome = outcome.replayable
        outcome.headers = HTTPFields(outcome.headers.filter { $0.name.canonicalName != replayMark })
        return outcome
    }

    /// The body's beginning.
    private static func text(_ outcome: Outcome) -> String {
        let text = String(decoding: outcome.body.prefix(200), as: UTF8.self)
        return "\"\(text)\"" + (outcome.body.count > 200 ? "…" : "")
    }

    private static func names(_ outcome: Outcome) -> String {
        outcome.headers.map { "\($0.name.rawName): \($0.value)" }.joined(separator: "; ")
    }
}
