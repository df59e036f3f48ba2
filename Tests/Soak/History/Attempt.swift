import Foundation

/// One request, and what came of it.
struct Attempt: Sendable, Hashable {
    /// What the service said.
    struct Answer: Sendable, Hashable {
        let status: Int
        /// The fragment of a problem's type; nil unless it is one.
        let problem: String?
        let body: String
        /// Whether it is marked as a stored answer.
        let isReplay: Bool

        /// It says that the same request may do better later.
        var saysRetry: Bool { status == 503 || status == 409 && problem == "in-flight" }
    }

    enum Result: Sendable, Hashable {
        case answered(Answer)
        /// No answer, because of the connection.
        case failed(String)
        /// No answer, because the client left in the middle, on purpose.
        case hungUp
    }

    /// Who asked: the number of the lane, and of the client in it.
    let client: String
    /// Whether it was sent with ``Operation/otherBody``.
    var isOtherBody = false
    /// Since the start of the run.
    let begin: Duration
    let end: Duration
    let result: Result

    var answer: Answer? {
        if case .answered(let answer) = result { answer } else { nil }
    }
}

extension Attempt.Answer {
    /// The member `id` of the body.
    var identifier: String? {
        struct Body: Decodable { let id: String }
        return try? JSONDecoder().decode(Body.self, from: Data(body.utf8)).id
    }
}

extension Attempt: CustomStringConvertible {
    var description: String {
        let what =
            switch result {
            case .answered(let answer):
                "\(answer.status)\(answer.isReplay ? " replayed" : "")\(answer.problem.map { " " + $0 } ?? "") \(answer.body)"
            case .failed(let reason): "no answer: \(reason)"
            case .hungUp: "hung up"
            }
        return "\(begin.inSeconds)-\(end.inSeconds) client \(client)\(isOtherBody ? ", other body" : ""): \(what)"
    }
}

extension Duration {
    /// With milliseconds, for timelines.
    var inSeconds: String {
        formatted(.units(allowed: [.seconds], width: .narrow, fractionalPart: .show(length: 3)))
    }
}
