import LibPQ
import TestSupport
import Testing

@Suite("An enum", .serialized, .timeLimit(.minutes(1)))
struct EnumTests {
    private enum Mood: String, PostgresEnum, CaseIterable {
        case sad, happy
        case odd = "od\"d, \\{x} é"
        /// As long as an int4 in binary format.
        case open
    }

    private func connect(to database: TestDatabase) async throws -> PostgresConnection {
        let connection = try await database.connect()
        try await connection.execute(#"CREATE TYPE mood AS ENUM ('sad', 'happy', 'od"d, \{x} é', 'open')"#)
        try await connection.execute("CREATE TABLE people (name text, mood mood, moods mood[])")
        return connection
    }

    @Test("is bound where the server can infer its type, and read, alone, optional and in arrays")
    func roundTrip() async throws {
        try await withTestDatabase { database in
            let connection = try await connect(to: database)
            for mood in Mood.allCases {
                try await connection.execute(
                    "INSERT INTO people VALUES (\("a"), \(mood), \([mood, .happy]))")
                let row = try await connection.queryRow("SELECT mood, moods FROM people WHERE mood = \(mood)")
                let (back, moods) = try row.decode((Mood, [Mood]).self)
                #expect(back == mood)
                #expect(moods == [mood, .happy])
            }
            let all = Mood.allCases
            #expect(
                try await connection.queryRow("SELECT count(*) FROM people WHERE mood = ANY (\(all))").decode(Int.self)
                    == 4)
            let casts = try await connection.queryRow(
                "SELECT \(Mood.odd)::mood, \([[all], [all]])::mood[], \([Mood.open, nil])::mood[], \([Mood]())::mood[], \(Mood?.none)::mood"
            )
            let (odd, nested, holes, none, null) = try casts.decode((Mood, [[[Mood]]], [Mood?], [Mood], Mood?).self)
            #expect(odd == .odd && nested == [[all], [all]] && holes == [.open, nil] && none.isEmpty && null == nil)
        }
    }

    @Test("is text to a text column, and an error to a number, whose bytes its label might be")
    func otherTypes() async throws {
        try await withTestDatabase { database in
            let connection = try await connect(to: database)
            let text = try await connection.queryRow("SELECT \(Mood.open) || '!', \(Mood.sad)::text, 'happy'::text")
            let (joined, sad, happy) = try text.decode((String, String, Mood).self)
            #expect(joined == "open!" && sad == "sad" && happy == .happy)
            let error = await postgresError { try await connection.query("SELECT 1 + \(Mood.open)") }
            #expect(error?.sqlState == SQLState(rawValue: "22P02"))
            let unknown = await postgresError { try await connection.query("SELECT \(Unknown.angry)::mood") }
            #expect(unknown?.sqlState == SQLState(rawValue: "22P02"))
            let zero = await postgresError { try await connection.query("SELECT \(Unknown.zero)::mood") }
            #expect(zero?.code == .encodingFailed)
        }
    }

    private enum Unknown: String, PostgresEnum {
        case angry
        case zero = "a\0"
    }

    @Test("is inferred again when its column has got another type")
    func alteredColumn() async throws {
        try await withTestDatabase { database in
            let connection = try await connect(to: database)
            try await connection.execute("CREATE TABLE diary (mood text)")
            try await connection.execute("INSERT INTO diary VALUES (\(Mood.sad))")
            try await connection.execute("ALTER TABLE diary ALTER COLUMN mood TYPE mood USING mood::mood")
            try await connection.execute("INSERT INTO diary VALUES (\(Mood.happy))")
            let moods = try await connection.query("SELECT mood FROM diary").decode(Mood.self)
            #expect(moods == [.sad, .happy])
        }
    }

    @Test("goes into a COPY in binary format")
    func copy() async throws {
        try await withTestDatabase { database in
            let connection = try await connect(to: database)
            try await connection.copyIn("COPY people (name, mood) FROM STDIN (FORMAT binary)") { copy in
                for mood in Mood.allCases { try await copy.write(mood.rawValue, mood) }
            }
            let rows = try await connection.query("SELECT mood FROM people")
            #expect(try rows.decode(Mood.self) == Mood.allCases)
        }
    }

    private struct AccountID: RawRepresentable, Hashable, PostgresCodable, PostgresArrayElement {
        var rawValue: Int
    }

    private enum Level: Int16, PostgresCodable {
        case low = 1
        case high
    }

    @Test("whose raw value is no label is stored as its raw value, as every RawRepresentable")
    func rawValues() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            let (id, level) = (AccountID(rawValue: 7), Level.high)
            let row = try await connection.queryRow(
                "SELECT \(id), \([id, nil]), \(level), \(Level?.none), \(id) + \(level)")
            let (back, array, high, none, sum) = try row.decode((AccountID, [AccountID?], Level, Level?, Int).self)
            #expect(back == id && array == [id, nil] && high == .high && none == nil && sum == 9)
            let other = try await connection.queryRow("SELECT 3")
            #expect(throws: PostgresError.self) { try other.decode(Level.self) }
        }
    }
}
