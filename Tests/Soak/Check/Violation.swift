/// A promise that was not kept.
struct Violation: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable, CaseIterable {
        case effectTwice = "an effect happened twice"
        case effectLost = "an acknowledged effect is not there"
        case effectDiffers = "the effect is not the one that was acknowledged"
        case effectOfRefusal = "a refused request has an effect"
        case effectStray = "an effect that no key accounts for"
        case answersDiffer = "answers to one key differ"
        case ranAgain = "a repeated request was not answered from the ledger"
        case unanswered = "a key got no final answer after the faults had stopped"
        case unexpectedAnswer = "an answer that is never right"
        case otherBodyAccepted = "a key was accepted with another body"
        case booksUnbalanced = "balance now is not balance at the start - payments + refunds"
        case refundedTooMuch = "more was refunded than paid"
        case outcomeMissing = "a completed key is not in the ledger"
        case outcomeDiffers = "the ledger's outcome is not the answer"
        case outcomeStray = "the ledger has keys that nobody sent"
        case transactionLeft = "a session was left in a transaction"
        case serviceFailed = "the service failed"
        case nothingTested = "the run has not tested what it is for"
    }

    let kind: Kind
    /// The numbers of the operations that it is about.
    var operations: [Int] = []
    let explanation: String
}

extension Violation: CustomStringConvertible {
    var description: String { "\(kind.rawValue): \(explanation)" }
}
