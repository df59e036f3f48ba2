/// A statement that passes a ``FaultProxy``: the points at which a fault can be injected.
package struct Passage: Sendable, Hashable {
    /// A point in a statement's life, as the proxy sees it.
    package enum Moment: Sendable, Hashable, CaseIterable {
        /// The server has not got the statement, but everything before it.
        case beforeRequest
        /// The server has got the statement and executes it, but nothing behind it: no later statement, and no Sync, so that it does not
        /// answer yet.
        case afterRequest
        /// The server has executed the whole flush; the client has the answers before this statement's.
        case beforeAnswer
        /// The client has the statement's answer, and nothing behind it.
        case afterAnswer
    }

    /// The statement's SQL text.
    package let statement: String
    /// The how-many-eth statement of its connection, from 1.
    package let number: Int
    /// The how-many-eth connection of the proxy, from 1.
    package let connection: Int
    /// The point.
    package let moment: Moment
}

/// Where an injected fault happens: a moment of the first statement that begins with a text.
package struct FaultPoint: Sendable, Hashable, CustomStringConvertible {
    /// The moment.
    package let moment: Passage.Moment
    /// The beginning of the statement's text.
    package let text: String

    /// Names the point.
    package init(_ moment: Passage.Moment, _ text: String) {
        self.moment = moment
        self.text = text
    }

    /// Of the statement that ends a transaction.
    package static func commit(_ moment: Passage.Moment) -> FaultPoint { FaultPoint(moment, "COMMIT") }

    /// Whether a statement is the point's at this moment.
    package func matches(_ passage: Passage) -> Bool { passage.moment == moment && passage.statement.hasPrefix(text) }

    package var description: String { "\(moment) of \(text)" }
}
