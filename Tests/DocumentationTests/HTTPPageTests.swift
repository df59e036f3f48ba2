import Foundation
import HTTPTypes
import HummingbirdIdempotency
import Testing

/// docs/http.md, as far as it is compared with code. Its transcripts are regenerated in PaymentsTests.
@Suite("The HTTP page")
struct HTTPPageTests {
    private let page: String

    init() throws {
        page = try Repository.text("docs/http.md")
    }

    @Test("each row of the contract is the name of a suite, and each suite of the contract is in a row")
    func contract() throws {
        let rows = Dictionary(uniqueKeysWithValues: Repository.table("The contract", in: page).map { ($0[2], $0[0]) })
        var suites: [String: String] = [:]
        for file in Repository.files(in: "Tests/HummingbirdIdempotencyTests/Contract", "swift") {
            let text = try Repository.text(file)
            let suite = try #require(
                text.firstMatch(of: /@Suite\(\s*(#?)"(.+)"\1,[^{]*struct ([A-Za-z]+) \{/), "\(file)")
            #expect(text.contains("    @Test("), "\(file)")
            suites["`\(suite.output.3)`"] = String(suite.output.2)
        }
        #expect(rows == suites)
        #expect(rows.count >= 16)
    }

    @Test("the problems and their statuses are those of the code")
    func problems() {
        let kinds = ProblemKind.allCases.map { kind in
            ["`\(kind.rawValue)`", "\(kind.status.code)\(kind.isRetryable ? " + `Retry-After`" : "")"]
        }
        #expect(Repository.table("Problems", in: page).map { Array($0.prefix(2)) } == kinds)
    }

    @Test("the policy's fields and their defaults are those of the code")
    func policy() throws {
        let source = try Repository.text("Sources/Idempotency/Policy/IdempotencyPolicy.swift")
        let initializer = try #require(source.firstMatch(of: /public init\((?s)(.+?)\n    \)/))
        let parameters = initializer.output.1.matches(of: /(?m)^ +(\w+): .+? = (.+?),?$/).map {
            ["`\($0.output.1)`", "`\($0.output.2)`"]
        }
        #expect(parameters.count == source.matches(of: /public var \w+:/).count)
        #expect(Repository.table("The policy", in: page).map { Array($0.prefix(2)) } == parameters)
    }

    @Test("every file and every heading that it links to exists")
    func links() throws {
        let headings = page.matches(of: /\n##+ (.+)/).map { match in
            match.output.1.lowercased().filter { $0.isLetter || $0 == " " }.replacing(" ", with: "-")
        }
        for match in page.matches(of: /\]\(#([^)]+)\)/) { #expect(headings.contains(String(match.output.1))) }
        for match in page.matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
            let path = Repository.root.appending(path: "docs").appending(path: String(match.output.1)).standardized
            #expect(FileManager.default.fileExists(atPath: path.path()), "\(match.output.1)")
        }
    }
}
