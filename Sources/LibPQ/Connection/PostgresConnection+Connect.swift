internal import CLibPQ

extension PostgresConnection {
    /// Drives `PQconnectPoll` until the connection stands.
    func open() async throws(PostgresError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        guard let handle = ConnectionHandle(options: configuration.resolvedOptions) else {
            throw PostgresError(.connectionFailed, "libpq is out of memory")
        }
        if handle.isBad { throw connectFailure(handle) }
        var step = ConnectionHandle.ConnectStep.waitToWrite  // as libpq documents: "as if PGRES_POLLING_WRITING"
        while step != .done {
            let interest: ConnectionThread.Readiness = step == .waitToRead ? .readable : .writable
            // The socket may change between steps: another address, or TLS refused and tried again without.
            let readiness = await thread.waitForSocket(handle.socket, interest, until: deadline)
            if readiness == .timedOut {
                throw PostgresError(
                    .connectTimeout, "no connection within \(configuration.connectTimeout)\(describeTarget())")
            }
            step = handle.connectStep()
            if step == .failed { throw connectFailure(handle) }
        }
        guard handle.makeNonBlocking(), handle.enterPipelineMode() else { throw connectFailure(handle) }
        self.handle = handle
        // Servers before 14 do not tell.
        startedReadOnly = ["in_hot_standby", "default_transaction_read_only"].contains { handle.parameter($0) == "on" }
        telemetry = OperationTelemetry(address: handle.host, port: handle.port, database: handle.database)
        logNotices()
        watchIdleSocket()
    }

    private func describeTarget() -> String {
        let options = configuration.resolvedOptions
        return ["host", "hostaddr", "port", "dbname"]
            .compactMap { keyword in options[keyword].map { " \(keyword)=\($0)" } }
            .joined()
    }

    private func connectFailure(_ handle: ConnectionHandle) -> PostgresError {
        // libpq never prints the password; taking it out costs nothing and holds whatever a server writes into its error.
        var text = handle.errorMessage
        if let password = configuration.resolvedOptions["password"], !password.isEmpty {
            text = text.split(separator: password, omittingEmptySubsequences: false).joined(separator: "***")
        }
        let failure = ConnectFailure(libpqMessage: text)
        return PostgresError(
            failure.code, failure.message, server: failure.sqlState.map { ServerDiagnostics(sqlState: $0) })
    }
}

/// What libpq's text about a failed connect says. libpq gives no SQLSTATE for these, but in verbose mode the text has it:
/// `... failed: FATAL:  28P01: password authentication failed for user "a"` and then a LOCATION line.
struct ConnectFailure {
    var code: PostgresError.Code
    var sqlState: SQLState?
    var message: String

    init(libpqMessage text: String) {
        // One attempt a host: the last one decides.
        let pattern = #/: +(?<state>(?=[A-Z]*[0-9])[0-9A-Z]{5}): /#  // a digit tells it from FATAL
        sqlState = text.matches(of: pattern).last.map { SQLState(rawValue: String($0.output.state)) }
        code =
            switch sqlState {
            case .invalidPassword, .invalidAuthorizationSpecification: .authenticationFailed
            case .invalidCatalogName: .databaseNotFound
            default: .connectionFailed
            }
        message = text.replacing(pattern, with: ": ")
            .split(whereSeparator: \.isNewline)
            .filter { !$0.hasPrefix("LOCATION:") }
            .map { $0.drop(while: \.isWhitespace) }
            .joined(separator: " ")
    }
}
