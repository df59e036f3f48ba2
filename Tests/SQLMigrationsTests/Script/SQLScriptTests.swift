import Testing

@testable import SQLMigrations

@Suite("An SQL file is cut into statements")
struct SQLScriptTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let what: String
        let source: String
        let statements: [String]
        var testDescription: String { what }
    }

    static let table: [Row] = [
        Row(what: "nothing", source: "", statements: []),
        Row(what: "white space, comments and empty statements", source: " \n-- a\n/* b */;\n;", statements: []),
        Row(what: "one without semicolon", source: "SELECT 1", statements: ["SELECT 1"]),
        Row(what: "two", source: "SELECT 1; SELECT 2;\n", statements: ["SELECT 1", "SELECT 2"]),
        Row(
            what: "a comment before and after", source: "-- a;\nSELECT 1 -- b;\n;\n-- c",
            statements: ["-- a;\nSELECT 1 -- b;"]),
        Row(
            what: "a quote in a line comment", source: "-- it's\nSELECT 1;SELECT 2",
            statements: ["-- it's\nSELECT 1", "SELECT 2"]),
        Row(
            what: "a line comment ended by a carriage return", source: "-- a\rSELECT 1;", statements: ["-- a\rSELECT 1"]
        ),
        Row(
            what: "nested comments", source: "/* a /* b; */ c; */ SELECT 1; SELECT 2",
            statements: ["/* a /* b; */ c; */ SELECT 1", "SELECT 2"]),
        Row(
            what: "a line comment inside a block comment", source: "/* -- */ SELECT 1;",
            statements: ["/* -- */ SELECT 1"]),
        Row(
            what: "comments right behind operators", source: "SELECT 1+--;\n2; SELECT 3*/*;*/4",
            statements: ["SELECT 1+--;\n2", "SELECT 3*/*;*/4"]),
        Row(what: "a string", source: "SELECT ';'; SELECT 2", statements: ["SELECT ';'", "SELECT 2"]),
        Row(what: "a doubled quote", source: "SELECT 'a'';b'; SELECT 2", statements: ["SELECT 'a'';b'", "SELECT 2"]),
        Row(
            what: "a backslash in a plain string", source: #"SELECT 'a\'; SELECT 2"#,
            statements: [#"SELECT 'a\'"#, "SELECT 2"]),
        Row(
            what: "a backslash in an escape string", source: #"SELECT E'a\';b'; SELECT 2"#,
            statements: [#"SELECT E'a\';b'"#, "SELECT 2"]),
        Row(
            what: "a lower-case escape string", source: #"SELECT e'\\'; SELECT 2"#,
            statements: [#"SELECT e'\\'"#, "SELECT 2"]),
        Row(
            what: "a word that ends in e before a string", source: #"SELECT date'\'; SELECT 2"#,
            statements: [#"SELECT date'\'"#, "SELECT 2"]),
        Row(
            what: "an escape string continued on the next line",
            source: "SELECT E'a' -- c\n  'b\\';c'; SELECT 2",
            statements: ["SELECT E'a' -- c\n  'b\\';c'", "SELECT 2"]
        ),
        Row(
            what: "a plain string on the same line does not continue an escape string",
            source: #"SELECT E'a' '\'; SELECT 2"#,
            statements: [#"SELECT E'a' '\'"#, "SELECT 2"]
        ),
        Row(
            what: "other kinds of strings", source: #"SELECT B'1', X'F', U&'\0061;', N'\'; SELECT 2"#,
            statements: [#"SELECT B'1', X'F', U&'\0061;', N'\'"#, "SELECT 2"]),
        Row(
            what: "a quoted identifier", source: #"SELECT 1 AS "a;""b'"; SELECT 2"#,
            statements: [#"SELECT 1 AS "a;""b'""#, "SELECT 2"]),
        Row(what: "a dollar quote", source: "SELECT $$a;'b$$; SELECT 2", statements: ["SELECT $$a;'b$$", "SELECT 2"]),
        Row(
            what: "a tagged dollar quote around another", source: "SELECT $a$ $$; $b$ $A$ ;$a$; SELECT 2",
            statements: ["SELECT $a$ $$; $b$ $A$ ;$a$", "SELECT 2"]),
        Row(
            what: "a dollar sign within a word", source: "SELECT a$b$; SELECT c$b$",
            statements: ["SELECT a$b$", "SELECT c$b$"]),
        Row(
            what: "parameters", source: "SELECT $1; SELECT $2$3; SELECT 1",
            statements: ["SELECT $1", "SELECT $2$3", "SELECT 1"]),
        Row(
            what: "a tag that begins with a digit is none", source: "SELECT $1a$; SELECT $1a$",
            statements: ["SELECT $1a$", "SELECT $1a$"]),
        Row(
            what: "words beyond ASCII", source: "SELECT größe$ö$; SELECT $ö$;$ö$",
            statements: ["SELECT größe$ö$", "SELECT $ö$;$ö$"]),
        Row(
            what: "a rule with several commands",
            source: "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
            statements: ["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"]
        ),
        Row(
            what: "a function with an SQL body",
            source:
                "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3",
            statements: [
                "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
                "SELECT 3",
            ]
        ),
        Row(
            what: "a procedure with an SQL body",
            source: "create procedure p() begin atomic select 1; end; SELECT 3",
            statements: ["create procedure p() begin atomic select 1; end", "SELECT 3"]
        ),
        Row(
            what: "a CASE outside a function", source: "SELECT CASE WHEN true THEN 1 END; SELECT 2",
            statements: ["SELECT CASE WHEN true THEN 1 END", "SELECT 2"]),
        Row(what: "a stray closing parenthesis", source: "SELECT 1); SELECT 2", statements: ["SELECT 1)", "SELECT 2"]),
        Row(what: "a byte order mark", source: "\u{FEFF}SELECT 1;", statements: ["SELECT 1"]),
    ]

    @Test("at the semicolons that end them, and at no other", arguments: table)
    func cut(row: Row) throws {
        #expect(try SQLScript(parsing: row.source).statements.map(\.text) == row.statements)
    }

    @Test("and each knows the line of its first word")
    func lines() throws {
        let script = try SQLScript(parsing: "-- a\n\n/* b\n*/ SELECT '\n'; SELECT 2;\n$$\n$$;\nx")
        #expect(script.statements.map(\.line) == [4, 5, 6, 8])
    }

    @Test("and its words leave out strings, comments and quoted names")
    func words() throws {
        let script = try SQLScript(parsing: #"/* a */ select "b", 'c', E'd' $$e$$ -- f"# + "\nFrom g_1;")
        #expect(script.statements.map(\.words) == [["SELECT", "FROM", "G_1"]])
    }

    @Test(
        "or refused where a quote or a comment is not closed",
        arguments: [
            ("SELECT\n'a;", SQLScriptError(reason: .unterminatedString, line: 2)),
            ("SELECT E'a\\", SQLScriptError(reason: .unterminatedString, line: 1)),
            ("\n\n\"a", SQLScriptError(reason: .unterminatedIdentifier, line: 3)),
            ("SELECT 1;\n$x$ $$ $y$", SQLScriptError(reason: .unterminatedDollarQuote(tag: "$x$"), line: 2)),
            ("/* /* */\n", SQLScriptError(reason: .unterminatedComment, line: 1)),
            ("SELECT 1;\n\\i other.sql", SQLScriptError(reason: .clientCommand, line: 2)),
            ("SELECT 1;\n-- \0", SQLScriptError(reason: .nulByte, line: 2)),
        ]
    )
    func refused(source: String, error: SQLScriptError) {
        #expect(throws: error) { try SQLScript(parsing: source) }
    }
}
