import Testing

@testable import IdempotencyTool

@Suite("A table for people")
struct TableTests {
    @Test("aligns its columns and ends no line with white space")
    func aligned() {
        var table = Table(header: ["NAME", "STATE", "AT"])
        table.rows = [["a", "pending", ""], ["größer", "ok", "now"]]
        #expect(table.text == "NAME    STATE    AT\na       pending\ngrößer  ok       now")
    }

    @Test("shows control characters instead of sending them to the terminal")
    func controlCharacters() {
        var table = Table(header: ["NAME", "STATE"])
        table.rows = [["a\u{1B}[2Jb", "ok"]]
        #expect(table.text == "NAME         STATE\na\\u{1b}[2Jb  ok")
        #expect("ä\r\n\t\u{9B}".printable == "ä\\u{d}\n\t\\u{9b}")
    }
}
