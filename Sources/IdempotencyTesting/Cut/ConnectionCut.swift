/// Where the connection to the database was cut: a moment of one statement of the undisturbed run.
public struct ConnectionCut: Sendable, Hashable {
    /// On which side of the server's work.
    public enum Moment: Sendable, Hashable, CaseIterable {
        /// The server has not got the statement, but everything before it.
        case beforeStatement
        /// The server has executed the statement; its client does not learn it.
        case beforeAnswer
    }

    /// The statement's SQL text.
    public let statement: String
    /// The how-many-eth with this text, from 1. Together they name a statement also where others come in between.
    public let occurrence: Int
    /// The how-many-eth of all statements of the undisturbed run, from 1.
    public let number: Int
    /// When.
    public let moment: Moment
}

extension ConnectionCut: CustomStringConvertible {
    /// A clause that begins with "before" or "after".
    public var description: String {
        let text = statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        // Enough to find the statement in a handler.
        let shown = text.count > 200 ? text.prefix(200) + "…" : text[...]
        return switch moment {
        case .beforeStatement: "before statement \(number) reached the server: \(shown)"
        case .beforeAnswer: "after the server had executed statement \(number), before its answer: \(shown)"
        }
    }
}
