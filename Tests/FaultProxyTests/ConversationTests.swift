import Testing

@testable import FaultProxy

@Suite("Where a statement begins and ends on the wire")
struct ConversationTests {
    private static func message(_ type: Character, _ texts: String...) -> Message {
        let body: [UInt8] = texts.flatMap { Array($0.utf8) + [0] }
        // Long enough for every test: the length has one byte that is not zero.
        let head: [UInt8] = [type.asciiValue ?? 0, 0, 0, 0, UInt8(body.count + 4)]
        return Message(bytes: (head + body)[...])
    }

    private static func parse(_ name: String, _ sql: String) -> Message { message("P", name, sql) }
    private static func bind(_ name: String) -> Message { message("B", "", name) }

    private var conversation = Conversation()

    private mutating func clientSends(_ messages: Message...) -> [Conversation.Place] {
        messages.map { conversation.clientSent($0) }
    }

    private mutating func serverSends(_ types: String) -> [Conversation.Place] {
        types.map { conversation.serverSent(Self.message($0)) }
    }

    private typealias Place = Conversation.Place
    private static let one = Conversation.Statement(text: "ONE", number: 1)
    private static let two = Conversation.Statement(text: "TWO", number: 2)

    @Test("A statement that is prepared in the same flush begins with Parse, one that was prepared before with Bind")
    mutating func requests() {
        let first = clientSends(
            Self.parse("s1", "ONE"), Self.bind("s1"), Self.message("D"), Self.message("E"), Self.message("S"))
        #expect(first == [Place(begins: Self.one), Place(), Place(), Place(ends: Self.one), Place()])
        let again = clientSends(Self.bind("s1"), Self.message("D"), Self.message("E"), Self.message("S"))
        let second = Conversation.Statement(text: "ONE", number: 2)
        #expect(again == [Place(begins: second), Place(), Place(ends: second), Place()])
    }

    @Test("Answers belong to the statements in their order; a statement ends with its tag")
    mutating func answers() {
        _ = clientSends(
            Self.parse("", "ONE"), Self.bind(""), Self.message("E"), Self.parse("", "TWO"), Self.bind(""),
            Self.message("E"), Self.message("S"))
        #expect(serverSends("12NC") == [Place(begins: Self.one), Place(), Place(), Place(ends: Self.one)])
        #expect(
            serverSends("12TDDC") == [
                Place(begins: Self.two), Place(), Place(), Place(), Place(), Place(ends: Self.two),
            ])
        #expect(serverSends("Z") == [Place()])
    }

    @Test("After an error nothing answers for the statements that were skipped, but the next flush is understood")
    mutating func errors() {
        _ = clientSends(
            Self.parse("", "ONE"), Self.bind(""), Self.message("E"), Self.parse("", "TWO"), Self.bind(""),
            Self.message("E"), Self.message("S"))
        #expect(serverSends("E") == [Place(begins: Self.one, ends: Self.one)])
        #expect(serverSends("Z") == [Place()])
        let third = Conversation.Statement(text: "THREE", number: 3)
        _ = clientSends(Self.parse("", "THREE"), Self.bind(""), Self.message("E"), Self.message("S"))
        #expect(serverSends("1C") == [Place(begins: third), Place(ends: third)])
    }

    @Test("A statement that is prepared only has no answer of its own")
    mutating func preparedOnly() {
        _ = clientSends(Self.parse("s1", "ONE"), Self.message("S"))
        #expect(serverSends("1Z") == [Place(), Place()])
    }

    @Test("A simple query is one statement")
    mutating func simpleQuery() {
        #expect(clientSends(Self.message("Q", "ONE")) == [Place(begins: Self.one, ends: Self.one)])
        #expect(serverSends("TDCZ") == [Place(begins: Self.one), Place(), Place(ends: Self.one), Place()])
    }
}
