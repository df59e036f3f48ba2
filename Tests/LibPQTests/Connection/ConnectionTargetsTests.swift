import Testing

@testable import LibPQ

@Suite("The hosts of a connection string")
struct ConnectionTargetsTests {
    private func targets(_ text: String) throws -> [String] {
        ConnectionTargets(try ConnectionOptions(parsing: text)).attempts.map { options in
            ["host", "hostaddr", "port", "target_session_attrs"].compactMap { options.values[$0] }.joined(
                separator: " ")
        }
    }

    @Test("are tried one by one, each with its address and port")
    func lists() throws {
        #expect(try targets("host=a") == ["a"])
        #expect(try targets("postgresql://a:1,b:2/d") == ["a 1", "b 2"])
        #expect(try targets("host=a,b port=7") == ["a 7", "b 7"])
        #expect(try targets("host=a,b hostaddr=1.1.1.1,2.2.2.2 port=7,8") == ["a 1.1.1.1 7", "b 2.2.2.2 8"])
        #expect(try targets("host=/tmp,b") == ["/tmp", "b"])
        #expect(try targets("host=a,b target_session_attrs=primary") == ["a primary", "b primary"])
    }

    @Test("are tried twice when a standby is only preferred")
    func preferStandby() throws {
        #expect(
            try targets("host=a,b target_session_attrs=prefer-standby") == ["a standby", "b standby", "a any", "b any"])
    }

    @Test("that do not fit together are left to libpq, which says so")
    func misfits() throws {
        #expect(try targets("host=a,b,c port=1,2") == ["a,b,c 1,2"])
        #expect(try targets("host=a,b hostaddr=1.1.1.1") == ["a,b 1.1.1.1"])
    }

    @Test("are given up when a server was reached that refuses, and tried on when none serves")
    func goesOn() {
        func goesOn(_ code: PostgresError.Code, _ state: SQLState? = nil) -> Bool {
            ConnectionTargets.goesOn(
                after: PostgresError(code, "", server: state.map { ServerDiagnostics(sqlState: $0) }))
        }
        #expect(goesOn(.connectTimeout))
        #expect(goesOn(.connectionFailed))
        #expect(goesOn(.connectionFailed, .cannotConnectNow))
        #expect(!goesOn(.connectionFailed, .tooManyConnections))
        #expect(!goesOn(.authenticationFailed, .invalidPassword))
        #expect(!goesOn(.databaseNotFound, .invalidCatalogName))
        #expect(!goesOn(.cancelled))
    }

    @Test("are given up when the network or TLS fails after a server was reached, unless it had let us in")
    func stages() {
        func goesOn(_ stage: ConnectionTargets.Stage, _ code: PostgresError.Code, _ state: SQLState? = nil) -> Bool {
            ConnectionTargets.goesOn(
                after: PostgresError(code, "", server: state.map { ServerDiagnostics(sqlState: $0) }), at: stage)
        }
        #expect(!goesOn(.reached, .connectionFailed), "a wrong certificate, for instance")
        #expect(goesOn(.reached, .connectionFailed, .cannotConnectNow))
        #expect(goesOn(.reached, .connectTimeout))
        #expect(goesOn(.admitted, .connectionFailed), "not the kind of session that was asked for")
        #expect(!goesOn(.admitted, .databaseNotFound, .invalidCatalogName))
    }

    @Test("have their next address tried when one refuses or does not answer, not when a server has spoken")
    func addresses() {
        func goesOn(_ code: PostgresError.Code, _ stage: ConnectionTargets.Stage) -> Bool {
            ConnectionTargets.tryNextAddress(after: PostgresError(code, ""), at: stage)
        }
        #expect(goesOn(.connectionFailed, .unreached))
        #expect(goesOn(.connectTimeout, .unreached))
        #expect(goesOn(.connectTimeout, .reached))
        #expect(!goesOn(.connectionFailed, .reached))
        #expect(!goesOn(.connectionFailed, .admitted))
        #expect(!goesOn(.authenticationFailed, .reached))
        #expect(!goesOn(.cancelled, .unreached))
    }
}
