import Foundation
import Testing

@Suite("The guarantees and the fault matrix")
struct GuaranteesTests {
    /// All test code, as one text.
    private func tests() throws -> String {
        let folder = Repository.root.appending(path: "Tests")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var text = ""
        while let file = files?.nextObject() as? URL {
            if file.pathExtension == "swift" { text += try String(contentsOf: file, encoding: .utf8) }
        }
        return text
    }

    @Test("every row of the matrix has a test that names it, or a verb of make")
    func rows() throws {
        let matrix = try Repository.text("docs/protocol.md").components(separatedBy: "## Fault matrix")[1]
        let rows = matrix.matches(of: /\n\| (\d+) \|(.*)/).map { (number: String($0.output.1), text: $0.output.2) }
        #expect(rows.map(\.number) == (1...18).map(String.init))
        let named = Set(
            try tests().matches(of: /"Rows? ([0-9, and]+):/).flatMap { match in
                match.output.1.matches(of: /[0-9]+/).map { String($0.output) }
            })
        for row in rows where !row.text.contains("`make ") {
            #expect(named.contains(row.number), "no test is called \"Row \(row.number): ...\"")
        }
    }

    @Test("every suite, every verb and every invariant of the model that the evidence names exists")
    func evidence() throws {
        let guarantees = try Repository.text("docs/guarantees.md")
        let tests = try tests()
        for match in guarantees.matches(of: /`([A-Za-z]+Tests)`/) {
            #expect(tests.contains("struct \(match.output.1)"), "\(match.output.1)")
        }
        let model = try Repository.text("model/idempotency.pml")
        let invariants = guarantees.matches(of: /`([a-z]+(_[a-z]+){2,})`/).map { String($0.output.1) }
            .filter {
                !$0.hasPrefix("tcp_") && !$0.hasSuffix("_timeout") && !$0.hasSuffix("_interval") && !$0.contains("page")
            }
        #expect(invariants.count >= 5)
        for invariant in invariants {
            #expect(model.contains("invariant(\(invariant),"), "\(invariant)")
        }
        let makefile = try Repository.text("Makefile")
        for match in guarantees.matches(of: /`make ([a-z]+)`/) {
            #expect(makefile.contains("\n\(match.output.1):"), "make \(match.output.1)")
        }
    }
}
