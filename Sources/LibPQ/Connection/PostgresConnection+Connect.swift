internal import CLibPQ

extension PostgresConnection {
    /// Connects to the first host that will do. Name resolution happens here, too, on the connection's own thread.
    func open() async throws(PostgresError) {
        var failures: [PostgresError] = []
        for target in configuration.targets {
            do throws(PostgresError) {
                return try await open(target)
            } catch {
                failures.append(error)
                guard ConnectionTargets.goesOn(after: error) else { break }
            }
        }
        if let last = failures.last, last.code == .cancelled { throw last }
        throw ConnectionTargets.failure(failures) ?? PostgresError(.connectionFailed, "there is no host to connect to")
    }

    private func open(_ options: ConnectionOptions) async throws(PostgresError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        let handle = try start(options)
        var patience = Patience(deadline: deadline, heedsCancellation: true, grace: .zero)
        try await heedingCancellation(&patience) { patience throws(PostgresError) in
            try await self.drive(handle, until: deadline, options)
        }
        guard handle.makeNonBlocking(), handle.enterPipelineMode() else { throw connectFailure(handle, options) }
        self.handle = handle
        // Servers before 14 do not tell.
        startedReadOnly = ["in_hot_standby", "default_transaction_read_only"].contains { handle.parameter($0) == "on" }
        telemetry = OperationTelemetry(address: handle.host, port: handle.port, database: handle.database)
        logNotices()
        watchIdleSocket()
    }

    private func start(_ options: ConnectionOptions) throws(PostgresError) -> ConnectionHandle {
        guard let handle = ConnectionHandle(options: options.values) else {
            throw PostgresError(.connectionFailed, "libpq is out of memory")
        }
        // What a service file says is known only now. Nothing has been sent yet but the request for a TCP connection.
        if options.namesService, let verified = options.verified(knowing: handle.effectiveOptions) {
            return try start(verified)
        }
        return handle
    }

    /// Calls `PQconnectPoll` until the connection stands.
    private func drive(
        _ handle: ConnectionHandle, until deadline: ContinuousClock.Instant, _ options: ConnectionOptions
    ) async throws(PostgresError) {
        if handle.isBad { throw connectFailure(handle, options) }
        var step = ConnectionHandle.ConnectStep.waitToWrite  // as libpq documents: "as if PGRES_POLLING_WRITING"
        while step != .done {
            let interest: ConnectionThread.Readiness = step == .waitToRead ? .readable : .writable
            // The socket may change between steps: another address, or TLS refused and tried again without.
            let readiness = await thread.waitForSocket(
                handle.socket, interest, until: deadline, isInterruptible: true)
            if readiness == .interrupted {
                throw PostgresError(.cancelled, "the calling task was cancelled while it connected")
            }
            if readiness == .timedOut {
                throw PostgresError(
                    .connectTimeout, "no connection within \(configuration.connectTimeout)\(describe(options))")
            }
            step = handle.connectStep()
            if step == .failed { throw connectFailure(handle, options) }
        }
    }

    private func describe(_ options: ConnectionOptions) -> String {
        ["host", "hostaddr", "port", "dbname"]
            .compactMap { keyword in options.values[keyword].map { " \(keyword)=\($0)" } }
            .joined()
    }

    private func connectFailure(_ handle: ConnectionHandle, _ options: ConnectionOptions) -> PostgresError {
        // libpq never prints the password; taking it out costs nothing and holds whatever a server writes into its error.
        var text = handle.errorMessage
        if let password = options.values["password"], !password.isEmpty {
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
