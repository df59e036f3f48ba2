import Logging
import TestSupport
import Testing

@testable import LibPQ

@Suite("Notifications", .serialized, .timeLimit(.minutes(2)))
struct NotificationTests {
    private typealias Events = PostgresNotifications.Iterator

    private func listen(_ database: TestDatabase, _ channels: [String]) throws -> Events {
        try PostgresNotifications(database.configuration([:]), channels: channels).makeAsyncIterator()
    }

    private func notify(_ channel: String, _ payload: String, _ database: TestDatabase) async throws {
        try await database.pool.execute("SELECT pg_notify(\(channel), \(payload))")
    }

    /// The server process of the session that listens.
    private func listener(_ database: TestDatabase) async throws -> Int32 {
        try await database.pool.queryRow(
            """
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()
            """
        ).decode(Int32.self)
    }

    @Test("of all channels arrive in order, with payload and sender, whatever the channel's name")
    func arrive() async throws {
        try await withTestDatabase { database in
            let odd = "we\u{600}\"ird Näme"
            var events = try listen(database, ["jobs", odd])
            guard case .listening? = try await events.next() else { throw NotTheEvent() }
            try await notify(odd, "first", database)
            try await notify("other", "unheard", database)
            try await database.pool.withTransaction { transaction in
                for number in 1...100 { try await transaction.execute("SELECT pg_notify('jobs', \(String(number)))") }
            }
            let first = try await notification(&events)
            #expect(first.channel == odd)
            #expect(first.payload == "first")
            #expect(first.backendProcessID > 0)
            for number in 1...100 {
                #expect(try await notification(&events).payload == "\(number)")
            }
        }
    }

    @Test("go on after the connection was lost, and say that some may have been missed")
    func survivesLoss() async throws {
        try await withTestDatabase { database in
            var events = try listen(database, ["jobs"])
            _ = try await events.next()
            try await database.terminate(try await listener(database))
            guard case .mayHaveMissed(.reconnected(let error))? = try await events.next() else { throw NotTheEvent() }
            #expect(error.code == .connectionLost)
            try await notify("jobs", "after", database)
            #expect(try await notification(&events).payload == "after")
        }
    }

    @Test("end with cancelled when the task is cancelled, while waiting and while reconnecting")
    func cancelled() async throws {
        try await withTestDatabase { database in
            let waiting = Task {
                var events = try listen(database, ["jobs"])
                while try await events.next() != nil {}
            }
            try await waitUntil("it listens") { (try? await listener(database)) != nil }
            waiting.cancel()
            #expect(await postgresError { try await waiting.value }?.code == .cancelled)
        }
    }

    @Test("cannot begin on a wrong address, nor with a channel that PostgreSQL would rename")
    func wrong() async throws {
        try await withTestDatabase { database in
            let configuration = try database.configuration(["dbname": "missing"])
            var events = try PostgresNotifications(configuration, channels: ["jobs"]).makeAsyncIterator()
            #expect(await postgresError { try await events.next() }?.code == .databaseNotFound)
            #expect(try await events.next() == nil)
            for channel in ["", String(repeating: "x", count: 64), "a\0b"] {
                let error = await postgresError { try PostgresNotifications(configuration, channels: [channel]) }
                #expect(error?.code == .invalidConfiguration)
            }
        }
    }

    @Test("that nobody reads are kept up to a number; then the oldest are dropped, and their number is told")
    func overflow() {
        var inbox = NotificationInbox()
        #expect(inbox.isEmpty)
        for number in 1...NotificationInbox.capacity + 3 {
            inbox.append(PostgresNotification(channel: "c", payload: "\(number)", backendProcessID: 1))
        }
        let (notifications, dropped) = inbox.take()
        #expect(dropped == 3)
        #expect(notifications.first?.payload == "4")
        #expect(notifications.count == NotificationInbox.capacity)
        #expect(inbox.isEmpty)
        #expect(inbox.take().dropped == 0)
    }

    @Test("that came to a connection of a pool are forgotten when it is reset")
    func reset() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 1)
            let connection = try await pool.withConnection { connection in
                _ = try await connection.pipeline("LISTEN a", "NOTIFY a")
                try await waitUntil("it has arrived") { await !connection.notificationInbox.isEmpty }
                return connection
            }
            try await pool.execute("SELECT 1")
            #expect(await connection.notificationInbox.isEmpty)
        }
    }

    @Test("leave pauses between attempts that grow, vary and end growing")
    func backoff() {
        var backoff = Backoff(first: .milliseconds(100), maximum: .seconds(1))
        for limit in [100, 200, 400, 800, 1000, 1000] {
            let pause = backoff.next()
            #expect(pause >= .milliseconds(limit) / 2 && pause <= .milliseconds(limit))
        }
    }

    @Test("of the other kind, notices, go to the log: warnings as such, and what they say at debug only")
    func notices() async throws {
        try await withTestDatabase { database in
            for level in [Logger.Level.info, .debug] {
                let log = LogRecorder()
                var logger = log.logger
                logger.logLevel = level
                let connection = try await PostgresConnection.connect(database.configuration([:]), logger: logger)
                try await connection.execute("DO $$ BEGIN RAISE WARNING 'secret'; RAISE NOTICE 'quiet'; END $$")
                let lines = log.text.split(separator: "\n")
                #expect(lines.contains { $0.hasPrefix("warning") && $0.contains("01000") })
                #expect(lines.contains { $0.contains("secret") } == (level == .debug))
                #expect(lines.contains { $0.contains("quiet") } == (level == .debug))
            }
        }
    }

    @Test("of the other kind are logged while their statement still runs")
    func noticesOfRunningStatement() async throws {
        try await withTestDatabase { database in
            let log = LogRecorder()
            var configuration = try database.configuration([:])
            configuration.lockTimeout = nil
            let connection = try await PostgresConnection.connect(configuration, logger: log.logger)
            let running = try await database.pool.withTransaction { holder in
                try await holder.execute("SELECT pg_advisory_xact_lock(7)")
                let running = Task {
                    try await connection.execute(
                        """
                        DO $$ BEGIN
                            FOR n IN 1..1000 LOOP RAISE NOTICE 'number %', n; END LOOP;
                            PERFORM pg_advisory_xact_lock(7);
                        END $$
                        """)
                }
                try await waitUntil("the first are in the log") { log.text.contains("number 500") }
                return running
            }
            _ = try await running.value
            #expect(log.text.contains("number 1000"))
        }
    }

    private struct NotTheEvent: Error {}

    private func notification(_ events: inout Events) async throws -> PostgresNotification {
        guard case .notification(let notification)? = try await events.next() else { throw NotTheEvent() }
        return notification
    }
}
