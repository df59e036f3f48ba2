import Testing

@testable import LibPQ

@Suite("The text of a statement as a key")
struct StatementTextTests {
    @Test("is the whole text: one byte tells two apart", arguments: [3, 8, 9, 40, 300])
    func differences(length: Int) {
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: length)
        let text = StatementText(String(decoding: bytes, as: UTF8.self))
        var table = [text: 0]
        for position in bytes.indices {
            var changed = bytes
            changed[position] = UInt8(ascii: "y")
            table[StatementText(String(decoding: changed, as: UTF8.self))] = position + 1
        }
        #expect(table.count == length + 1)
        #expect(table[text] == 0)
        #expect(table[StatementText(text.sql + "")] == 0)
    }

    @Test("is bytes: the two forms of an é are two texts, and two statements of the cache")
    func normalForms() {
        let (one, two) = ("SELECT '\u{E9}'", "SELECT 'e\u{301}'")
        #expect(one == two, "to Swift")
        #expect(StatementText(one) != StatementText(two))
        var cache = StatementCache(capacity: 2, prefix: "libpq")
        #expect(cache.plan(.init(sql: one, parameters: [])) == .prepare(name: "libpq_1"))
        #expect(cache.plan(.init(sql: two, parameters: [])) == .prepare(name: "libpq_2"))
        #expect(cache.plan(.init(sql: one, parameters: [])) == .execute(name: "libpq_1"))
    }

    @Test("hashes alike however the string is stored")
    func storage() {
        let long = "SELECT 'Ünïcödé', balance FROM accounts WHERE tenant = $1"
        for text in ["", "BEGIN", "SELECT 1", long] {
            let copy = text.map(String.init).joined()
            #expect(StatementText(text) == StatementText(copy))
            #expect(StatementText(text).hashValue == StatementText(copy).hashValue)
        }
    }

    @Test("hashes texts apart that differ in one place, wherever that is", arguments: [1, 7, 8, 40, 300])
    func spread(length: Int) {
        let texts = (0..<length).map { position in
            var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: length)
            bytes[position] = UInt8(ascii: "y")
            return StatementText(String(decoding: bytes, as: UTF8.self))
        }
        #expect(Set(texts.map(\.hashValue)).count == length)
    }
}
