/// The hosts of a connection string one by one, in the order in which they are tried.
///
/// libpq would go through them itself, but of its own accord it leaves a host that does not answer only in its blocking calls; and
/// each host is to have its own time-out.
///
/// Source: libpq, "Specifying Multiple Hosts" and `target_session_attrs`.
struct ConnectionTargets {
    /// The options for each attempt.
    let attempts: [ConnectionOptions]

    /// - Parameter options: with what the environment adds.
    init(_ options: ConnectionOptions) {
        func list(_ keyword: String) -> [String] {
            let text = options.values[keyword] ?? ""
            return text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        let count = max(hosts.count, addresses.count)
        let fits =
            [hosts, addresses].allSatisfy { $0.isEmpty || $0.count == count } && [0, 1, count].contains(ports.count)
        // One host, or lists that do not fit together: then libpq says so.
        guard count > 1, fits else {
            attempts = [options]
            return
        }
        var targets = (0..<count).map { index in
            var target = options
            if !hosts.isEmpty { target.values["host"] = hosts[index] }
            if !addresses.isEmpty { target.values["hostaddr"] = addresses[index] }
            if !ports.isEmpty { target.values["port"] = ports.count == 1 ? ports[0] : ports[index] }
            return target
        }
        if options.balancesLoad { targets.shuffle() }
        guard options.values["target_session_attrs"] == "prefer-standby" else {
            attempts = targets
            return
        }
        attempts = ["standby", "any"].flatMap { wanted in
            targets.map { target in
                var target = target
                target.values["target_session_attrs"] = wanted
                return target
            }
        }
    }

    /// How far an attempt came before it failed.
    enum Stage {
        /// Nobody was there: refused, no route, no such name.
        case unreached
        /// The network connection stood.
        case reached
        /// The server had let us in; what fails then is `target_session_attrs`.
        case admitted
    }

    /// Whether the next host is tried after this failure: when no server was reached, it is not the kind that was asked for, or it
    /// cannot serve now. A server that refuses the password, has no such database or shows a wrong certificate ends the search, as
    /// it does in libpq: what is wrong there shows at once.
    ///
    /// Source: libpq, "Specifying Multiple Hosts"; `PQconnectPoll` and `connectDBComplete` in its source.
    static func goesOn(after error: PostgresError, at stage: Stage = .unreached) -> Bool {
        switch error.code {
        case .connectTimeout: true
        case .connectionFailed: error.sqlState == .cannotConnectNow || (error.sqlState == nil && stage != .reached)
        default: false
        }
    }

    /// Whether the next address of the same name is tried. Behind all of them is thought to be the same server.
    static func tryNextAddress(after error: PostgresError, at stage: Stage) -> Bool {
        error.code == .connectTimeout || (error.code == .connectionFailed && stage == .unreached)
    }

    /// What to say when no host would do: the last host's failure, and each host's reason.
    static func failure(_ failures: [PostgresError]) -> PostgresError? {
        guard let last = failures.last, failures.count > 1 else { return failures.last }
        return PostgresError(
            last.code, "none of \(failures.count) hosts would do: " + failures.map(\.message).joined(separator: "; "),
            server: last.sqlState.map { ServerDiagnostics(sqlState: $0) })
    }
}
