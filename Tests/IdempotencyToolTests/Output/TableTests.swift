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
}
