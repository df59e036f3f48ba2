import Testing

@testable import LibPQ

@Suite("The text of a failed connect")
struct ConnectFailureTests {
    private static let prefix = #"connection to server at "127.0.0.1", port 5432 failed: "#

    @Test(
        "says what failed, by its SQLSTATE",
        arguments: [
            ("28P01", .authenticationFailed, "password authentication failed for user \"a\""),
            ("28000", .authenticationFailed, "role \"a\" does not exist"),
            ("3D000", .databaseNotFound, "database \"b\" does not exist"),
            ("53300", .connectionFailed, "sorry, too many clients already"),
            ("57P03", .connectionFailed, "the database system is starting up"),
        ] as [(SQLState, PostgresError.Code, String)])
    func serverFailure(state: SQLState, code: PostgresError.Code, words: String) {
        let failure = ConnectFailure(
            libpqMessage: Self.prefix + "FATAL:  \(state): \(words)\nLOCATION:  auth_failed, auth.c:338\n")
        #expect(failure.code == code)
        #expect(failure.sqlState == state)
        #expect(failure.message == Self.prefix + "FATAL: \(words)")
    }

    @Test("has no SQLSTATE when no server spoke")
    func refused() {
        let failure = ConnectFailure(
            libpqMessage: Self.prefix + "Connection refused\n\tIs the server running on that host?\n")
        #expect(failure.code == .connectionFailed)
        #expect(failure.sqlState == nil)
        #expect(failure.message == Self.prefix + "Connection refused Is the server running on that host?")
    }

    @Test("is judged by the last host that was tried")
    func severalHosts() {
        let failure = ConnectFailure(
            libpqMessage: Self.prefix + "FATAL:  28P01: no\nLOCATION:  x\n" + Self.prefix
                + "FATAL:  3D000: no database\n")
        #expect(failure.code == .databaseNotFound)
    }
}
