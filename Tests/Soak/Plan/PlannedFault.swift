import FaultProxy

/// A fault, before it happens.
enum PlannedFault: Sendable, Hashable {
    /// On the wire, at a passage of this point.
    case wire(Fault, at: FaultPoint, skipping: Int)
    /// Nobody reaches the database for so long.
    case away(Duration)
    /// `pg_terminate_backend` of one of the service's sessions; the number chooses.
    case terminateBackend(UInt64)
    /// SIGKILL or SIGTERM to one of the service's processes, which is then started again.
    case service(ServiceEnd, process: Int)
    /// PostgreSQL ends, and is started again.
    case database(DatabaseEnd)

    enum ServiceEnd: String, Sendable, Hashable, CaseIterable {
        case kill = "kill -9"
        case terminate = "SIGTERM"
    }

    enum DatabaseEnd: String, Sendable, Hashable, CaseIterable {
        case fast = "fast shutdown"
        case immediate = "immediate shutdown"
        case kill = "kill -9"
    }

    /// Its line in the table.
    var kind: String {
        switch self {
        case .wire(let fault, let point, _):
            "wire: \(fault.name)\(point.text == FaultPoint.commit(point.moment).text ? " at COMMIT" : "")"
        case .away: "wire: database out of reach"
        case .terminateBackend: "PostgreSQL: pg_terminate_backend"
        case .service(let end, _): "service: \(end.rawValue)"
        case .database(let end): "PostgreSQL: \(end.rawValue)"
        }
    }
}

extension Fault {
    /// Without what goes with it.
    var name: String {
        switch self {
        case .close: "close"
        case .reset: "reset"
        case .truncate: "truncate"
        case .freeze: "freeze"
        case .swallow: "swallow"
        case .delay: "delay"
        }
    }
}
