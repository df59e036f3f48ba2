import LibPQ
import TestSupport
import Testing

@Suite("A built-in type", .timeLimit(.minutes(1)))
struct PostgresTypeTests {
    @Test("has the server's name")
    func names() async throws {
        try await withTestDatabase { database in
            // All that columns have: no pseudo-types, and no row types of the catalogue's tables.
            let rows = try await database.pool.query(
                """
                SELECT t.oid, CASE coalesce(e.typname, t.typname) WHEN 'char' THEN '"char"' ELSE coalesce(e.typname, t.typname) END
                  || CASE WHEN e.oid IS NULL THEN '' ELSE '[]' END
                FROM pg_type t LEFT JOIN pg_type e ON e.typarray = t.oid
                WHERE t.oid < 10000 AND t.typtype <> 'c' AND coalesce(e.typtype, '') <> 'c'
                  AND (t.typtype <> 'p' OR t.typname IN ('record', '_record', 'cstring', '_cstring', 'unknown', 'void'))
                """)
            #expect(rows.count > 150)
            for (oid, name) in try rows.decode((UInt32, String).self) {
                #expect(PostgresType(rawValue: oid).description == name)
            }
        }
    }
}
