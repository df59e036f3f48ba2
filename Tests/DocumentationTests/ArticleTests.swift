import Foundation
import Testing

/// The articles of the documentation catalogues. Their code is compiled in `Snippets/`, between `// snippet.NAME` and
/// `// snippet.end`.
@Suite("Articles")
struct ArticleTests {
    private static let articles = Repository.files(in: "Sources/LibPQ/LibPQ.docc", "md")

    @Test("every Swift block is a snippet, which the build compiles", arguments: articles)
    func compiled(article: String) throws {
        let snippets = try Repository.files(in: "Snippets", "swift").flatMap {
            Repository.pieces(of: try Repository.text($0), marked: "// snippet.")
        }
        for block in Repository.blocks("swift", in: try Repository.text(article)) {
            #expect(snippets.contains(block), "in no snippet:\n\(block)")
        }
    }

    @Test("every article that is linked to exists", arguments: articles)
    func links(article: String) throws {
        for match in try Repository.text(article).matches(of: /<doc:([A-Za-z]+)>/) {
            #expect(Self.articles.contains("Sources/LibPQ/LibPQ.docc/\(match.output.1).md"), "\(match.output.1)")
        }
    }

    @Test("there are articles, and code in them")
    func some() throws {
        #expect(Self.articles.count >= 6)
        #expect(try Self.articles.flatMap { Repository.blocks("swift", in: try Repository.text($0)) }.count >= 20)
    }
}
