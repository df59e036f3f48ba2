internal import CLibPQ

extension PostgresConnection {
    /// Connects to the first host that will do, unless the caller's task is cancelled meanwhile.
    func open() async throws(PostgresError) {
        let handle = try await connectToAnyHost()
        self.handle = handle
        // Servers before 14 do not tell.
        startedReadOnly = ["in_hot_standby", "default_transaction_read_only"].contains { handle.parameter($0) == "on" }
        telemetry = OperationTelemetry(address: handle.host, port: handle.port, database: handle.database)
        logNotices()
        waiter.onIdleReadable = { [weak self] in self?.assumeIsolated { $0.readUnasked() } }
        watchIdleSocket()
        if let closeReason { throw closeReason }
    }

    /// Why an attempt has not led to a connection.
    private struct Failure: Error {
        var error: PostgresError
        var stage = ConnectionTargets.Stage.unreached
    }

    private func connectToAnyHost() async throws(PostgresError) -> ConnectionHandle {
        var failures: [PostgresError] = []
        for target in configuration.targets {
            do throws(Failure) {
                return try await connect(target)
            } catch {
                if error.error.code == .cancelled { throw error.error }
                failures.append(error.error)
                guard ConnectionTargets.goesOn(after: error.error, at: error.stage) else { break }
            }
        }
        throw ConnectionTargets.failure(failures) ?? PostgresError(.connectionFailed, "there is no host to connect to")
    }

    private func connect(_ target: ConnectionOptions) async throws(Failure) -> ConnectionHandle {
        let deadline = MonotonicInstant.now + configuration.connectTimeout
        var addresses = try await addresses(of: target, until: deadline)
        while true {
            let options = addresses.removeFirst()
            let now = MonotonicInstant.now
            do throws(Failure) {
                // One address that does not answer leaves the others their time.
                return try await connect(options, until: now + (deadline - now) / (addresses.count + 1))
            } catch {
                guard !addresses.isEmpty, ConnectionTargets.tryNextAddress(after: error.error, at: error.stage) else {
                    throw error
                }
            }
        }
    }

    /// The host once for each of its addresses. libpq would block while it looks for them, and not go on from one that does not
    /// answer.
    private func addresses(
        of target: ConnectionOptions, until deadline: MonotonicInstant
    ) async throws(Failure) -> [ConnectionOptions] {
        guard target.values["hostaddr"] ?? "" == "", let name = target.values["host"], NameLookup.isName(name) else {
            return [target]
        }
        do throws(PostgresError) {
            let lookup = try NameLookup(name, configuration.resolver)
            try await wait(for: lookup.descriptor, .readable, until: deadline, target)
            var found = try lookup.result?.get() ?? []
            if found.isEmpty { throw PostgresError(.connectionFailed, "host name \"\(name)\" has no address") }
            if target.balancesLoad { found.shuffle() }
            return found.map { address in
                var target = target
                target.values["hostaddr"] = address
                return target
            }
        } catch {
            throw Failure(error: error)
        }
    }

    /// Calls `PQconnectPoll` until the connection stands.
    private func connect(
        _ options: ConnectionOptions, until deadline: MonotonicInstant
    ) async throws(Failure) -> ConnectionHandle {
        guard let handle = ConnectionHandle(options: options.values) else {
            throw Failure(error: PostgresError(.connectionFailed, "libpq is out of memory"))
        }
        var stage = ConnectionTargets.Stage.unreached
        do throws(PostgresError) {
            if handle.isBad { throw connectFailure(handle, options) }
            var step = ConnectionHandle.ConnectStep.waitToWrite  // as libpq documents: "as if PGRES_POLLING_WRITING"
            while step != .done {
                let interest: Readiness = step == .waitToRead ? .readable : .writable
                try await wait(for: handle.socket, interest, until: deadline, options)
                if handle.isReached { stage = .reached }
                step = handle.connectStep()
                if step == .failed { throw connectFailure(handle, options) }
            }
            guard handle.makeNonBlocking(), handle.enterPipelineMode() else { throw connectFailure(handle, options) }
            return handle
        } catch {
            // The server tells its version when it has let us in.
            if handle.parameter("server_version") != nil { stage = .admitted }
            throw Failure(error: error, stage: stage)
        }
    }

    private func wait(
        for descriptor: Int32, _ interest: Readiness, until deadline: MonotonicInstant,
        _ options: ConnectionOptions
    ) async throws(PostgresError) {
        // libpq may go on with another socket.
        defer { waiter.unwatch() }
        // There is no statement yet that the server would have to be asked to cancel: whoever gives up just leaves.
        switch await waitInterruptibly(for: descriptor, interest, until: deadline) {
        case .interrupted: throw PostgresError(.cancelled, "the calling task was cancelled while it connected")
        case .timedOut:
            throw PostgresError(
                .connectTimeout, "no connection within \(configuration.connectTimeout)\(describe(options))")
        case .unwatchable:
            throw PostgresError(
                .connectionFailed, "the system cannot watch the connection's socket\(describe(options))")
        default: break
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
            // By bytes, so that no character that joins its ends hides it.
            let parts = Array(text.utf8).split(separator: Array(password.utf8), omittingEmptySubsequences: false)
            text = String(decoding: Array(parts.joined(separator: "***".utf8)), as: UTF8.self)
        }
        // Given an address, libpq says nothing of the name. These are its words when it has looked the name up itself.
        if let host = options.values["host"], let address = options.values["hostaddr"], host != address {
            text.replace("server at \"\(address)\"", with: "server at \"\(host)\" (\(address))")
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
