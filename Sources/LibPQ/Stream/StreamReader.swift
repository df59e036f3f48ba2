/// Reads a stream batch by batch; shared by the copies of an iterator. Its end is the end of the stream.
final class StreamReader<Element> {
    private enum State {
        case fresh
        case open(UInt64)
        case ended(PostgresError?)
    }

    /// How a kind of stream is opened and read.
    struct Source {
        let connection: PostgresConnection
        let open: @Sendable (StreamLease) async throws(PostgresError) -> UInt64
        let next: @Sendable (UInt64) async throws(PostgresError) -> PostgresConnection.Batch<Element>
    }

    private let source: Source
    private let lease: StreamLease
    private var state = State.fresh

    init(_ source: Source) {
        self.source = source
        lease = StreamLease(source.connection)
    }

    deinit {
        if case .open = state { lease.abandon() }
    }

    /// Some elements, or nil after the last ones.
    nonisolated(nonsending) func read() async throws(PostgresError) -> [Element]? {
        do throws(PostgresError) {
            switch state {
            case .ended(let failure):
                state = .ended(nil)
                if let failure { throw failure }
                return nil
            case .fresh:
                state = .open(try await source.open(lease))
                return []
            case .open(let id):
                let batch = try await source.next(id)
                if batch.isLast { state = .ended(batch.failure) }
                return batch.elements
            }
        } catch {
            state = .ended(nil)
            throw error
        }
    }
}
