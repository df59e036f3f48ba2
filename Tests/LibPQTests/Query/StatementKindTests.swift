import Testing

@testable import LibPQ

@Suite("The kind of a statement")
struct StatementKindTests {
    @Test(
        "is transaction control for all of SQL's ways to end or start one",
        arguments: [
            "BEGIN", "begin", "BEGIN ISOLATION LEVEL SERIALIZABLE", "START TRANSACTION", "COMMIT", "Commit",
            "COMMIT AND CHAIN",
            "COMMIT PREPARED 'x'", "END", "END TRANSACTION", "ABORT", "ROLLBACK", "ROLLBACK TO SAVEPOINT a",
            "SAVEPOINT a",
            "RELEASE a", "RELEASE SAVEPOINT a", "PREPARE TRANSACTION 'x'", "prepare /* now */ transaction 'x'",
            " \t\r\n COMMIT", ";COMMIT", " ; ; COMMIT", "COMMIT;", "COMMIT/**/", "COMMIT--", "-- a comment\nCOMMIT",
            "-- a comment\rCOMMIT", "--\n--\nCOMMIT", "/* a */COMMIT", "/* a /* nested */ comment */ COMMIT",
            "/*/**/*/COMMIT", "/* a */ ; -- b\n /* c */ ;; commit",
        ])
    func controlsTransaction(sql: String) {
        #expect(StatementKind(sql: sql).controlsTransaction)
    }

    @Test(
        "is not transaction control when such a word stands elsewhere",
        arguments: [
            "", ";", "-- COMMIT", "/* COMMIT */", "/* /* */ COMMIT", "SELECT 1 AS commit", "SELECT 'COMMIT'",
            "(SELECT 1)",
            "WITH commit AS (SELECT 1) SELECT * FROM commit", "INSERT INTO begin VALUES (1)", "\"commit\"", "COMMITTED",
            "BEGIN_", "UPDATE t SET a = 1 -- ROLLBACK", "SELECT 1 /* x */ -- y\n", "PREPARE a AS SELECT 1",
            "SET TRANSACTION READ ONLY", "SET CONSTRAINTS ALL DEFERRED", "LOCK TABLE t", "12 COMMIT",
        ])
    func letsOthersThrough(sql: String) {
        #expect(!StatementKind(sql: sql).controlsTransaction)
    }

    @Test(
        "is undone with its pipeline for queries and changes of rows that leave nothing in the session",
        arguments: [
            ("SELECT 1", true), ("(SELECT 1)", true), ("with a AS (SELECT 1) SELECT * FROM a", true),
            ("INSERT INTO t VALUES (1)", true), ("UPDATE t SET a = 1", true), ("DELETE FROM t", true),
            ("SET lock_timeout = 1", true), ("SELECT pg_advisory_lock(1)", false), ("CALL p()", false),
            ("CREATE INDEX CONCURRENTLY i ON t (a)", false), ("CREATE DATABASE d", false), ("VACUUM", false),
            ("DO $$ BEGIN COMMIT; END $$", false), ("EXPLAIN ANALYZE SELECT 1", false),
        ])
    func undone(sql: String, isUndone: Bool) {
        #expect(StatementKind(sql: sql).isUndoneWithPipeline == isUndone)
    }

    @Test("is COPY for COPY only")
    func copy() {
        #expect(StatementKind(sql: "COPY t FROM STDIN").isCopy)
        #expect(StatementKind(sql: "/* x */ copy (SELECT 1) TO STDOUT").isCopy)
        #expect(!StatementKind(sql: "SELECT 'COPY'").isCopy)
    }

    @Test(
        "changes the session when something stays behind",
        arguments: [
            "SET lock_timeout = 1", "set search_path to x", "SET SESSION lock_timeout = 1",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET ROLE a", "SET TIME ZONE 'UTC'", "RESET ALL",
            "LISTEN a", "LOAD 'x'", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "DISCARD PLANS", "DEALLOCATE ALL",
            "PREPARE a AS SELECT 1", "CREATE TEMP TABLE t()", "CREATE TEMPORARY VIEW v AS SELECT 1",
            "CREATE LOCAL TEMP TABLE t()", "CREATE OR REPLACE TEMP VIEW v AS SELECT 1", "CREATE TABLE pg_temp.t()",
            "SELECT pg_advisory_lock(1)", "SELECT PG_TRY_ADVISORY_LOCK(1)", "SELECT pg_advisory_lock_shared(1)",
            "SELECT set_config('a.b', 'c', false)", "SELECT 1 AS a INTO TEMP t", "SELECT 1 AS a INTO\n TEMPORARY t",
            "DO $$ BEGIN SET lock_timeout = 1; END $$",
            "COPY (SELECT set_config('a.b', 'c', false)) TO STDOUT", "copy (SELECT pg_advisory_lock(1)) to stdout",
            "COPY pg_temp.t FROM STDIN", "EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1",
            "explain (analyze) create temporary table t as select 1", "EXPLAIN ANALYZE SELECT pg_advisory_lock(1)",
        ])
    func changesSession(sql: String) {
        #expect(StatementKind(sql: sql).changesSession)
    }

    @Test(
        "changes no session when nothing outlives the transaction",
        arguments: [
            "", "SELECT 1", "SET LOCAL lock_timeout = 1", "set /* x */ local lock_timeout = 1",
            "SET TRANSACTION READ ONLY",
            "SET CONSTRAINTS ALL DEFERRED", "SELECT pg_advisory_xact_lock(1)", "SELECT pg_try_advisory_xact_lock(1)",
            "CREATE TABLE t()", "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "UPDATE t SET a = 1",
            "INSERT INTO t VALUES (1)", "INSERT INTO temperatures VALUES (1)", "NOTIFY a",
            "COPY t FROM STDIN", "COPY (SELECT 1) TO STDOUT", "EXPLAIN ANALYZE SELECT 1",
        ])
    func leavesSession(sql: String) {
        #expect(!StatementKind(sql: sql).changesSession)
    }
}
