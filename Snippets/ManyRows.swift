// Streams, COPY, notifications.

import LibPQ

struct Account {
    var tenant: String
    var balance: Int
}

func examples(pool: PostgresPool, accounts: [Account], configuration: PostgresConnection.Configuration) async throws {
    // snippet.stream
    try await pool.withConnection { connection in
        let rows = connection.stream("SELECT id, balance FROM accounts").decode((Int, Int).self)
        for try await (id, balance) in rows { print(id, balance) }
    }
    // snippet.end

    // snippet.copyIn
    try await pool.withTransaction { transaction in
        _ = try await transaction.copyIn("COPY accounts (tenant, balance) FROM STDIN (FORMAT binary)") { copy in
            for account in accounts { try await copy.write(account.tenant, account.balance) }
        }
    }
    // snippet.end

    // snippet.copyData
    let file = AsyncStream { continuation in
        continuation.yield(Array("acme,100\n".utf8))
        continuation.finish()
    }
    let rows = try await pool.withConnection { connection in
        try await connection.copyIn("COPY accounts (tenant, balance) FROM STDIN (FORMAT csv)", data: file)
    }
    // snippet.end

    // snippet.copyOut
    try await pool.withConnection { connection in
        for try await line in connection.copyOut("COPY accounts TO STDOUT (FORMAT csv, HEADER)") {
            print(String(decoding: line, as: UTF8.self), terminator: "")
        }
    }
    // snippet.end
    print(rows)

    // snippet.listen
    for try await event in try PostgresNotifications(configuration, channels: ["jobs"]) {
        switch event {
        case .listening, .mayHaveMissed:
            print("read all jobs")
        case .notification(let notification):
            print("read the job", notification.payload)
        }
    }
    // snippet.end
}
