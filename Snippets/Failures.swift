// Errors, deadlines, cancellation.

import LibPQ

func examples(pool: PostgresPool) async throws {
    // snippet.codes
    do {
        try await pool.execute("INSERT INTO accounts (id) VALUES (1)")
    } catch {
        switch (error.code, error.sqlState) {
        case (.server, .uniqueViolation?): print("it exists already:", error.constraint ?? "?")
        case (.commitUnknown, _), (.connectionLost, _), (.timedOut, nil): print("look whether it is there")
        case _ where error.isTransient: print("try again in a moment")
        default: throw error
        }
    }
    // snippet.end

    // snippet.deadline
    let rows = try await pool.query("SELECT * FROM big_view", deadline: .now + .seconds(2))
    // snippet.end
    print(rows.count)

    // snippet.configuration
    var configuration = try PostgresConnection.Configuration(url: "postgresql://app@db.example.com/shop")
    configuration.statementTimeout = .seconds(30)
    configuration.queryTimeout = .seconds(35)
    // snippet.end
    print(configuration.connectTimeout)
}
