internal import Synchronization

/// The reader's end of a stream. When it is released, the stream is given up.
final class StreamLease: Sendable {
    private let connection: PostgresConnection
    private let id = Atomic<UInt64>(0)
    private let abandoned = Atomic<Bool>(false)

    init(_ connection: PostgresConnection) { self.connection = connection }

    /// Nobody reads any more. Known at once, so that the next statement waits for the end instead of being refused.
    var isAbandoned: Bool { abandoned.load(ordering: .acquiring) }

    /// The stream that was opened for this lease.
    func opened(_ id: UInt64) { self.id.store(id, ordering: .releasing) }

    func abandon() {
        let id = id.load(ordering: .acquiring)
        if id == 0 || abandoned.exchange(true, ordering: .acquiringAndReleasing) { return }
        Task(executorPreference: connection.thread.bodies) { [connection] in await connection.abandonStream(id) }
    }
}
