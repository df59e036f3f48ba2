import SQLMigrations
import Testing

@Suite("A set of migrations")
struct MigrationSetTests {
    @Test("is ordered by number, with the text and the SHA-256 of each file")
    func ordered() throws {
        let set = try MigrationSet(
            name: "sample",
            files: [
                "0002_b.down.sql": "SELECT 4", "0001_a.up.sql": "SELECT 1;\n", "0002_b.up.sql": "SELECT 3",
                "0001_a.down.sql": "SELECT 2",
            ]
        )
        #expect(set.migrations.map(\.version) == [1, 2])
        #expect(set.migrations.map(\.name) == ["0001_a", "0002_b"])
        #expect(set.migrations.map(\.up) == ["SELECT 1;\n", "SELECT 3"])
        #expect(set.migrations.map(\.down) == ["SELECT 2", "SELECT 4"])
        // printf 'SELECT 1;\n' | sha256sum
        #expect(set.migrations[0].checksum == "b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd")
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let what: String
        let files: [String: String]
        let code: MigrationError.Code
        let file: String
        var testDescription: String { what }

        init(_ what: String, _ files: [String: String], _ code: MigrationError.Code, naming file: String) {
            self.what = what
            self.files = files
            self.code = code
            self.file = file
        }
    }

    static let one = ["0001_a.up.sql": "SELECT 1", "0001_a.down.sql": "SELECT 1"]

    static func and(_ files: String...) -> [String: String] {
        one.merging(files.map { ($0, "SELECT 1") }) { $1 }
    }

    static func up(_ text: String) -> [String: String] {
        one.merging(["0001_a.up.sql": text]) { $1 }
    }

    static let refusals: [Refusal] = [
        Refusal("an unknown file", and("README.md"), .invalidFile, naming: "README.md"),
        Refusal("a file without direction", and("0002_b.sql"), .invalidFile, naming: "0002_b.sql"),
        Refusal("a short number", and("002_b.up.sql", "002_b.down.sql"), .invalidFile, naming: "002_b.down.sql"),
        Refusal("a long number", and("00002_b.up.sql"), .invalidFile, naming: "00002_b.up.sql"),
        Refusal("number zero", and("0000_b.up.sql"), .invalidFile, naming: "0000_b.up.sql"),
        Refusal("a number alone", and("0002.up.sql"), .invalidFile, naming: "0002.up.sql"),
        Refusal("an empty name", and("0002_.up.sql"), .invalidFile, naming: "0002_.up.sql"),
        Refusal("a name with other characters", and("0002_B-c.up.sql"), .invalidFile, naming: "0002_B-c.up.sql"),
        Refusal("a sign in the number", and("+002_b.up.sql"), .invalidFile, naming: "+002_b.up.sql"),
        Refusal("digits beyond ASCII", and("000２_b.up.sql"), .invalidFile, naming: "000２_b.up.sql"),
        Refusal("a missing way back", and("0002_b.up.sql"), .invalidSet, naming: "0002_b.down.sql"),
        Refusal("a missing way forth", and("0002_b.down.sql"), .invalidSet, naming: "0002_b.up.sql"),
        Refusal("a gap", and("0003_c.up.sql", "0003_c.down.sql"), .invalidSet, naming: "0003_c.up.sql"),
        Refusal("a number used twice", and("0001_b.up.sql", "0001_b.down.sql"), .invalidSet, naming: "0001_b.up.sql"),
        Refusal("a file without statement", up("-- nothing\n;"), .invalidFile, naming: "0001_a.up.sql"),
        Refusal("transaction control", up("SELECT 1;\nCOMMIT;"), .invalidFile, naming: "0001_a.up.sql line 2"),
        Refusal("an open quote", up("SELECT 1;\n\nSELECT 'a"), .invalidFile, naming: "0001_a.up.sql line 3"),
    ]

    @Test("is refused, naming the file", arguments: refusals)
    func refused(_ refusal: Refusal) throws {
        let error = try #require(throws: MigrationError.self) {
            try MigrationSet(name: "sample", files: refusal.files)
        }
        #expect(error.code == refusal.code)
        #expect(error.message.contains(refusal.file))
        #expect(refusal.file.hasPrefix(error.migrationFile ?? "?"))
    }

    @Test("needs a name")
    func unnamed() throws {
        let error = try #require(throws: MigrationError.self) { try MigrationSet(name: "", files: Self.one) }
        #expect(error.code == .invalidSet)
    }
}
