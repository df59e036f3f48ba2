import LibPQ
import SQLMigrations
import TestSupport
import Testing

@Suite("The migrator")
struct MigratorTests {
    @Test("applies what is pending, once, and says what it did")
    func up() async throws {
        let migrator = Migrator(set: try sample(2))
        try await withTestDatabase { database in
            let connection = try await database.connect()
            #expect(try await migrator.pending(on: connection).map(\.name) == ["0001_t1", "0002_t2"])
            #expect(try await migrator.up(on: connection).map(\.name) == ["0001_t1", "0002_t2"])
            #expect(try await migrator.up(on: connection).isEmpty)
            #expect(try await migrator.pending(on: database.pool).isEmpty)
            #expect(try await migrator.verify(on: database.pool).isEmpty)
            let status = try await migrator.status(on: database.pool)
            #expect(status.map(\.state) == [.applied, .applied])
            #expect(status.allSatisfy { $0.appliedAt != nil })
            #expect(try await tables(database) == ["t1", "t2"])

            let longer = Migrator(set: try sample(3))
            #expect(try await longer.up(on: connection).map(\.name) == ["0003_t3"])
            #expect(try await tables(database) == ["t1", "t2", "t3"])
        }
    }

    @Test("reverts the newest first, as many as it is told")
    func down() async throws {
        let migrator = Migrator(set: try sample(3))
        try await withTestDatabase(migrations: sample(3)) { database in
            let connection = try await database.connect()
            #expect(try await migrator.down(on: connection).map(\.name) == ["0003_t3"])
            #expect(try await tables(database) == ["t1", "t2"])
            #expect(try await migrator.down(steps: 9, on: connection).map(\.name) == ["0002_t2", "0001_t1"])
            #expect(try await tables(database).isEmpty)
            #expect(try await migrator.down(on: connection).isEmpty)
            #expect(try await migrator.up(on: connection).count == 3)
            let error = try await #require(throws: MigrationError.self) {
                try await migrator.down(steps: 0, on: connection)
            }
            #expect(error.code == .invalidArgument)
        }
    }

    @Test("keeps nothing of a migration that fails, names its file and line, and keeps those before it")
    func failure() async throws {
        var files = files(1)
        files["0002_bad.up.sql"] = "CREATE TABLE half (id int);\n\n-- not there\nINSERT INTO nowhere VALUES (1);\n"
        files["0002_bad.down.sql"] = "DROP TABLE half"
        let migrator = Migrator(set: try MigrationSet(name: "sample", files: files))
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let error = try await #require(throws: MigrationError.self) { try await migrator.up(on: connection) }
            #expect(error.code == .statementFailed)
            #expect(error.message.hasPrefix("0002_bad.up.sql line 4: relation \"nowhere\" does not exist"))
            #expect((error.underlying as? PostgresError)?.sqlState == .undefinedTable)
            #expect(try await tables(database) == ["t1"])
            #expect(try await migrator.pending(on: database.pool).map(\.name) == ["0002_bad"])
            // The lock is free again: another session gets it at once.
            let other = try await database.connect()
            let repaired = Migrator(set: try sample(2), lockDeadline: .milliseconds(1))
            #expect(try await repaired.up(on: other).map(\.name) == ["0002_t2"])
        }
    }

    @Test("keeps nothing of a migration whose COMMIT fails, and quotes no row")
    func failureAtCommit() async throws {
        let set = try MigrationSet(
            name: "sample",
            files: [
                "0001_a.up.sql": """
                CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
                INSERT INTO a VALUES (1, 2);
                """,
                "0001_a.down.sql": "DROP TABLE a",
            ]
        )
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let error = try await #require(throws: MigrationError.self) {
                try await Migrator(set: set).up(on: connection)
            }
            #expect(error.code == .statementFailed)
            #expect(error.migrationFile == "0001_a.up.sql")
            #expect(!error.description.contains("(b)=(2)"))
            #expect(try await tables(database).isEmpty)
            #expect(try await Migrator(set: set).pending(on: connection).count == 1)
        }
    }

    @Test("refuses to go on when an applied file was changed or is missing, and names it")
    func contradictions() async throws {
        var changed = files(3)
        changed["0001_t1.up.sql"] = "CREATE TABLE t1 (id bigint)"
        let cases: [(MigrationSet, MigrationError.Code, String)] = [
            (try MigrationSet(name: "sample", files: changed), .changed, "0001_t1.up.sql"),
            (try sample(1), .missing, "0002_t2.up.sql"),
        ]
        try await withTestDatabase(migrations: sample(2)) { database in
            let connection = try await database.connect()
            for (set, code, file) in cases {
                let migrator = Migrator(set: set)
                let up = try await #require(throws: MigrationError.self) { try await migrator.up(on: connection) }
                let down = try await #require(throws: MigrationError.self) { try await migrator.down(on: connection) }
                for error in [up, down] {
                    #expect(error.code == code)
                    #expect(error.message.contains(file))
                }
                let findings = try await migrator.verify(on: connection)
                #expect(findings.contains { $0.problem?.contains(file) ?? false })
            }
            #expect(try await tables(database) == ["t1", "t2"])
        }
    }

    @Test("lets an old program stay ready when a newer one has extended the schema")
    func rollout() async throws {
        try await withTestDatabase(migrations: sample(3)) { database in
            let old = Migrator(set: try sample(2))
            #expect(try await old.pending(on: database.pool).isEmpty)
        }
    }

    @Test("applies each migration once when several processes start together")
    func concurrent() async throws {
        let set = try sample(5)
        try await withTestDatabase { database in
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let connection = try await database.connect()
                        return try await Migrator(set: set).up(on: connection).count
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(applied.sorted() == [0, 0, 0, 0, 0, 0, 0, 5])
            #expect(try await tables(database) == ["t1", "t2", "t3", "t4", "t5"])
        }
    }

    @Test("waits for another process beyond the connection's own limits, which it leaves as they were")
    func waiting() async throws {
        try await withTestDatabase { database in
            var configuration = try PostgresConnection.Configuration(url: database.url)
            configuration.lockTimeout = .milliseconds(100)
            configuration.statementTimeout = .milliseconds(100)
            let connection = try await PostgresConnection.connect(configuration)
            let holder = try await database.connect()
            _ = try await holder.query("SELECT pg_advisory_lock(\(Self.lock))")
            let set = try sample(1)
            async let applied = Migrator(set: set).up(on: connection)
            try await waitUntil("the migrator has waited for longer than its lock_timeout") {
                try await database.pool.query(
                    """
                    SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                    AND waitstart < clock_timestamp() - interval '200 ms'
                    """
                ).count == 1
            }
            _ = try await holder.query("SELECT pg_advisory_unlock(\(Self.lock))")
            #expect(try await applied.count == 1)
            let settings = try await connection.queryRow(
                "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            #expect(try settings.decode((String, String).self) == ("100ms", "100ms"))
        }
    }

    @Test("gives the lock back when its task is cancelled")
    func cancelled() async throws {
        try await withTestDatabase { database in
            let slow = try MigrationSet(
                name: "slow",
                files: ["0001_t.up.sql": "SELECT pg_advisory_xact_lock(1)", "0001_t.down.sql": "SELECT 1"])
            let connection = try await database.connect()
            try await database.pool.withTransaction { holder in
                try await holder.execute("SELECT pg_advisory_xact_lock(1)")
                let running = Task { try await Migrator(set: slow).up(on: connection) }
                try await database.waitForBlockedSessions()
                running.cancel()
                await #expect(throws: (any Error).self) { try await running.value }
            }
            let other = try await database.connect()
            #expect(try await Migrator(set: slow, lockDeadline: .seconds(1)).up(on: other).count == 1)
            #expect(await !connection.isClosed)
        }
    }

    @Test("gives up at the deadline and says who holds the lock")
    func deadline() async throws {
        try await withTestDatabase { database in
            var configuration = try PostgresConnection.Configuration(url: database.url)
            configuration.applicationName = "slow-deployment"
            let holder = try await PostgresConnection.connect(configuration)
            _ = try await holder.query("SELECT pg_advisory_lock(\(Self.lock))")
            let connection = try await database.connect()
            let error = try await #require(throws: MigrationError.self) {
                try await Migrator(set: try sample(1), lockDeadline: .milliseconds(20)).up(on: connection)
            }
            #expect(error.code == .lockTimeout)
            #expect(error.message.contains("slow-deployment"))
            #expect(try await tables(database).isEmpty)
            await holder.close()
        }
    }

    @Test("keeps sets apart")
    func sets() async throws {
        try await withTestDatabase(migrations: .idempotency) { database in
            let connection = try await database.connect()
            #expect(try await Migrator(set: try sample(1)).up(on: connection).count == 1)
            #expect(try await Migrator(set: .idempotency).verify(on: connection).isEmpty)
            #expect(try await Migrator(set: .idempotency).down(on: connection).count == 1)
            #expect(try await Migrator(set: try sample(1)).verify(on: connection).isEmpty)
        }
    }

    @Test("sends function bodies, rules and comments whole")
    func statements() async throws {
        let set = try MigrationSet(
            name: "sample",
            files: [
                "0001_a.up.sql": """
                -- it's a comment; with a quote
                CREATE TABLE a (id int, "odd;name" text DEFAULT E'\\';');
                CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$
                BEGIN
                  -- kept; too
                  RETURN 1;
                END $body$;
                CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;
                CREATE RULE r AS ON DELETE TO a DO ALSO (SELECT 1; SELECT 2);
                INSERT INTO a (id) VALUES (f() + g());
                """,
                "0001_a.down.sql": "DROP TABLE a; DROP FUNCTION f; DROP FUNCTION g;",
            ]
        )
        try await withTestDatabase(migrations: set) { database in
            let row = try await database.pool.queryRow("SELECT id, \"odd;name\" FROM a").decode((Int32, String).self)
            #expect(row == (3, "';"))
            let body = try await database.pool.queryRow("SELECT prosrc FROM pg_proc WHERE proname = 'f'")
            #expect(try body.decode(String.self).contains("-- kept; too"))
        }
    }

    // MARK: Material

    /// As in MigrationLock: part of the contract between versions of this package, so it is written out once more.
    static let lock: Int64 = 0x7371_6C6D_6967_7261

    private func files(_ count: Int) -> [String: String] {
        var files: [String: String] = [:]
        for number in 1...count {
            files["000\(number)_t\(number).up.sql"] = "CREATE TABLE t\(number) (id int);\n"
            files["000\(number)_t\(number).down.sql"] = "DROP TABLE t\(number);\n"
        }
        return files
    }

    private func sample(_ count: Int) throws -> MigrationSet {
        try MigrationSet(name: "sample", files: files(count))
    }

    private func tables(_ database: TestDatabase) async throws -> [String] {
        try await database.pool
            .query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            .decode(String.self)
    }
}
