/// Follows the two directions of one connection, and says where a statement begins and ends in each.
///
/// It knows the extended query protocol with its pipelines, and simple queries; of everything else only the framing.
///
/// Source: PostgreSQL, "Extended Query", "Pipelining".
struct Conversation {
    /// A statement that was sent.
    struct Statement: Hashable {
        let text: String
        let number: Int
    }

    /// What a message is to the statement that it belongs to.
    struct Place: Hashable {
        /// It is the first of this statement's messages in its direction.
        var begins: Statement?
        /// It is the last of this statement's messages in its direction.
        var ends: Statement?
    }

    private enum Awaited {
        case statement(Statement)
        case sync

        var isSync: Bool {
            if case .sync = self { true } else { false }
        }
    }

    /// Texts by the names under which they were prepared; the empty name, too.
    private var prepared: [String: String] = [:]
    /// The statement whose messages are being sent, and the name that Parse gave it.
    private var current: (name: String, statement: Statement)?
    private var count = 0
    /// What the server owes an answer for, in order.
    private var awaited: [Awaited] = []
    private var answerHasBegun = false

    /// Takes note of a message of the client.
    mutating func clientSent(_ message: Message) -> Place {
        switch message.type {
        case UInt8(ascii: "P"):
            let texts = message.texts(2)
            prepared[texts[0]] = texts[1]
            return Place(begins: begin(texts[0]))
        case UInt8(ascii: "B"):
            let name = message.texts(2)[1]
            return current?.name == name ? Place() : Place(begins: begin(name))
        case UInt8(ascii: "E"):
            guard let current else { return Place() }
            self.current = nil
            awaited.append(.statement(current.statement))
            return Place(ends: current.statement)
        case UInt8(ascii: "S"):
            current = nil  // it was prepared only
            awaited.append(.sync)
            return Place()
        case UInt8(ascii: "Q"):
            prepared[""] = message.texts(1)[0]
            let statement = begin("")
            current = nil
            awaited += [.statement(statement), .sync]
            return Place(begins: statement, ends: statement)
        default:
            return Place()
        }
    }

    private mutating func begin(_ name: String) -> Statement {
        count += 1
        let statement = Statement(text: prepared[name] ?? "", number: count)
        current = (name, statement)
        return statement
    }

    /// Takes note of a message of the server.
    mutating func serverSent(_ message: Message) -> Place {
        switch message.type {
        case UInt8(ascii: "N"), UInt8(ascii: "S"), UInt8(ascii: "A"):  // at any time: notice, parameter, notification
            return Place()
        case UInt8(ascii: "Z"):
            if let end = awaited.firstIndex(where: \.isSync) { awaited.removeFirst(end + 1) }
            answerHasBegun = false
            return Place()
        default:
            guard case .statement(let statement)? = awaited.first else { return Place() }
            let begins = answerHasBegun ? nil : statement
            answerHasBegun = true
            switch message.type {
            case UInt8(ascii: "C"), UInt8(ascii: "I"), UInt8(ascii: "s"):
                awaited.removeFirst()
            case UInt8(ascii: "E"):
                // The server skips what follows up to the Sync.
                awaited.removeFirst(awaited.firstIndex(where: \.isSync) ?? awaited.count)
            default:
                return Place(begins: begins)
            }
            answerHasBegun = false
            return Place(begins: begins, ends: statement)
        }
    }
}
