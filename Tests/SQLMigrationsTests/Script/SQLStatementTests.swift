import Testing

@testable import SQLMigrations

@Suite("A migration's statement")
struct SQLStatementTests {
    @Test(
        "is refused when it would end or nest the migrator's transaction, or talk to the client",
        arguments: [
            "BEGIN", "begin work", "START TRANSACTION", "COMMIT", "COMMIT AND CHAIN", "END", "ROLLBACK", "ABORT",
            "/* c */ -- d\n commit", "SAVEPOINT a", "RELEASE a", "ROLLBACK TO a", "PREPARE TRANSACTION 'a'",
            "COMMIT PREPARED 'a'", "COPY t FROM STDIN", "COPY t TO stdout",
        ]
    )
    func refused(source: String) throws {
        let statement = try #require(SQLScript(parsing: source).statements.first)
        #expect(statement.refusal != nil)
    }

    @Test(
        "is let through when these words are only part of it",
        arguments: [
            "CREATE TABLE t (begin int, commit int)",
            "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$",
            "DO $$ BEGIN PERFORM 1; END $$", "SELECT 'COMMIT'", "-- COMMIT\nSELECT 1", "PREPARE a AS SELECT 1",
            "-- COPY\nSELECT 1", "\"begin\"",
        ]
    )
    func allowed(source: String) throws {
        let statement = try #require(SQLScript(parsing: source).statements.first)
        #expect(statement.refusal == nil)
    }
}
