import TestSupport
import Testing

@testable import LibPQ

@Suite("A savepoint", .serialized, .timeLimit(.minutes(1)))
struct SavepointTests {
    private struct Refused: Error {}

    private func expect(
        _ ids: [Int], in queryable: some PostgresQueryable, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await queryable.query("SELECT id FROM t ORDER BY id").decode(Int.self)
        #expect(found == ids, sourceLocation: sourceLocation)
    }

    @Test("keeps what its body wrote, or undoes it and lets the transaction go on")
    func keepsOrUndoes() async throws {
        try await withTestDatabase { database in
            try await database.pool.execute("CREATE TABLE t (id int PRIMARY KEY)")
            try await database.pool.withTransaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (1)")
                let value = try await transaction.withSavepoint {
                    try await transaction.execute("INSERT INTO t VALUES (2)")
                }
                #expect(value == 1)
                await #expect(throws: Refused.self) {
                    try await transaction.withSavepoint {
                        try await transaction.execute("INSERT INTO t VALUES (3)")
                        throw Refused()
                    }
                }
                let error = await postgresError {
                    try await transaction.withSavepoint { try await transaction.execute("INSERT INTO t VALUES (1)") }
                }
                #expect(error?.sqlState == .uniqueViolation)
                try await transaction.withSavepoint {
                    try? await transaction.withSavepoint {
                        try await transaction.execute("INSERT INTO t VALUES (4)")
                        throw Refused()
                    }
                    try await transaction.execute("INSERT INTO t VALUES (5)")
                }
            }
            try await expect([1, 2, 5], in: database.pool)
        }
    }

    @Test("whose body swallows an SQL error takes the transaction with it")
    func swallowed() async throws {
        try await withTestDatabase { database in
            try await database.pool.execute("CREATE TABLE t (id int PRIMARY KEY)")
            let error = await postgresError {
                try await database.pool.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    try? await transaction.withSavepoint { _ = try? await transaction.execute("SELECT 1/0") }
                }
            }
            #expect(error?.code == .transactionAborted)
            try await expect([], in: database.pool)
        }
    }

    @Test("does not let a transaction commit that had failed before it was set")
    func failedBefore() async throws {
        try await withTestDatabase { database in
            try await database.pool.execute("CREATE TABLE t (id int PRIMARY KEY)")
            let refused = await postgresError {
                try await database.pool.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    _ = try? await transaction.execute("COMMIT")
                    try? await transaction.withSavepoint { throw Refused() }
                }
            }
            #expect(refused?.code == .transactionAborted)
            try await expect([], in: database.pool)

            let unreleased = await postgresError {
                try await database.pool.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                    let cancelled = Task {
                        await postgresError {
                            try await transaction.withSavepoint {
                                try await transaction.execute("INSERT INTO t VALUES (2)")
                                withUnsafeCurrentTask { $0?.cancel() }
                            }
                        }
                    }
                    #expect(await cancelled.value?.code == .cancelled)
                    let next = await postgresError { try await transaction.withSavepoint { throw Refused() } }
                    #expect(next?.code == .transactionAborted)
                }
            }
            #expect(unreleased?.code == .transactionAborted)
            try await expect([], in: database.pool)
        }
    }

    @Test("is rolled back also when the statement cache is full")
    func fullCache() async throws {
        try await withTestDatabase { database in
            var configuration = try database.configuration([:])
            configuration.statementCacheCapacity = 2
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
            try await connection.withTransaction { transaction in
                for id in 1...3 {
                    try await transaction.execute("INSERT INTO t VALUES (\(unescaped: "\(id)"))")
                    let error = await postgresError {
                        try await transaction.withSavepoint {
                            try await transaction.execute("SELECT \(unescaped: "\(id)")/0")
                        }
                    }
                    #expect(error?.sqlState == "22012")
                }
            }
            try await expect([1, 2, 3], in: connection)
        }
    }

    @Test("lets the body's error out when the connection is lost in it")
    func connectionLost() async throws {
        try await withTestDatabase { database in
            _ = await #expect(throws: Refused.self) {
                try await database.pool.withTransaction { transaction in
                    try await transaction.withSavepoint {
                        await transaction.connection.close()
                        throw Refused()
                    }
                }
            }
        }
    }
}
