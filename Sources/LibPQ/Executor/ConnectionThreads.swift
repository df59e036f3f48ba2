internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The process's ``ConnectionThread``s: started when they are needed, up to one for every two cores, and then kept.
enum ConnectionThreads {
    private struct Entry {
        let thread: ConnectionThread
        var connections = 0
    }

    private static let entries = Guarded<[Entry]>([])
    /// Half of the cores: fewer threads wait for more sockets each, and sleep and wake less.
    private static let maximum = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2)

    /// The thread that a new connection shall live on: the one with the fewest. Give it back with ``leave(_:)``.
    ///
    /// - Throws: `connectionFailed` when another is due and the process cannot start one.
    static func join() throws(PostgresError) -> ConnectionThread {
        try entries.withLock { entries throws(PostgresError) in
            let idlest = entries.indices.min { entries[$0].connections < entries[$1].connections }
            guard let index = idlest, entries[index].connections == 0 || entries.count == maximum else {
                let thread = try ConnectionThread()
                entries.append(Entry(thread: thread, connections: 1))
                return thread
            }
            entries[index].connections += 1
            return entries[index].thread
        }
    }

    static func leave(_ thread: ConnectionThread) {
        entries.withLock { entries in
            for index in entries.indices where entries[index].thread === thread { entries[index].connections -= 1 }
        }
    }
}
