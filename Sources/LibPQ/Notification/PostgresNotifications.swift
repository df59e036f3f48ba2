public import Logging

/// The notifications of some channels, over a connection of their own that is made again whenever it is lost.
///
///     let jobs = try PostgresNotifications(configuration, channels: ["jobs"])
///     for try await event in jobs {
///         switch event {
///         case .listening, .mayHaveMissed: try await readAllJobs()
///         case .notification(let notification): try await readJob(notification.payload)
///         }
///     }
///
/// PostgreSQL keeps notifications for nobody: what is sent while no connection listens is gone. So the sequence says when it
/// begins to listen, and when it may have missed something; read your tables then. Send with
/// `SELECT pg_notify(\(channel), \(payload))`; it arrives when the sender's transaction commits.
///
/// The connection is made when the first event is asked for, and ends with the iterator. If that first one cannot be made, the
/// iterator throws why. Later ones are tried again for as long as it takes, with pauses that grow from 0.1 s to 10 s. The iterator
/// throws `cancelled` when the task is cancelled, and then or after any error gives nil.
///
/// Does not work through a pooler in transaction mode, which has no session to listen on.
///
/// Source: PostgreSQL, "LISTEN" and "NOTIFY"; libpq, "Asynchronous Notification".
public struct PostgresNotifications: AsyncSequence, Sendable {
    /// What the sequence consists of.
    public enum Event: Sendable {
        /// From here on nothing is missed. The first event of all.
        case listening
        /// A notification.
        case notification(PostgresNotification)
        /// Something may have been missed before this point.
        case mayHaveMissed(Reason)
    }

    /// Why something may have been missed.
    public enum Reason: Sendable {
        /// The connection was lost, with this error, and has been made again.
        case reconnected(PostgresError)
        /// Nobody asked for events while this many notifications more came than are kept.
        case overflow(Int)
    }

    private let listener: NotificationListener

    /// Takes the channels to listen to.
    ///
    /// - Throws: `invalidConfiguration` for a channel without a name, or with one that PostgreSQL would cut: over 63 bytes.
    public init(
        _ configuration: PostgresConnection.Configuration, channels: [String], logger: Logger = Logger(label: "libpq")
    ) throws(PostgresError) {
        for channel in channels where !(1...63).contains(channel.utf8.count) || channel.containsNUL {
            throw PostgresError(
                .invalidConfiguration, "a channel's name must have 1 to 63 bytes and no NUL character: \"\(channel)\"")
        }
        listener = NotificationListener(configuration: configuration, channels: channels, logger: logger)
    }

    /// Begins to listen when the first event is asked for.
    public func makeAsyncIterator() -> Iterator { Iterator(listener) }

    /// Reads the events. For one task.
    public struct Iterator: AsyncIteratorProtocol {
        private let listener: NotificationListener
        private var state = State.fresh
        private var pending: ArraySlice<Event> = []

        private enum State {
            case fresh
            case listening(PostgresConnection)
            case lost(PostgresError)
            case ended
        }

        init(_ listener: NotificationListener) { self.listener = listener }

        /// The next event, or nil after an error.
        public mutating func next() async throws(PostgresError) -> Event? { try await next(isolation: #isolation) }

        /// The next event, or nil after an error.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(PostgresError) -> Event? {
            while true {
                if let event = pending.popFirst() { return event }
                do throws(PostgresError) {
                    switch state {
                    case .ended:
                        return nil
                    case .fresh:
                        state = .listening(try await listener.listen())
                        return .listening
                    case .lost(let error):
                        state = .listening(try await listener.listenAgain())
                        return .mayHaveMissed(.reconnected(error))
                    case .listening(let connection):
                        let (notifications, dropped) = try await connection.nextNotifications()
                        pending += dropped > 0 ? [.mayHaveMissed(.overflow(dropped))] : []
                        pending += notifications.map(Event.notification)
                    }
                } catch {
                    if case .listening = state, error.code != .cancelled {
                        listener.logger.warning("listening was interrupted", metadata: ["error": "\(error)"])
                        state = .lost(error)
                    } else {
                        state = .ended
                        throw error
                    }
                }
            }
        }
    }
}
