#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension EmbeddedPostgres {
    /// How a server ends. Source: PostgreSQL documentation, "Shutting Down the Server".
    public enum ShutdownMode: Sendable, Hashable {
        /// Waits until every client has gone (60 seconds at most, then goes on as `fast`).
        case smart
        /// Ends the clients' sessions, rolls their transactions back, writes a checkpoint.
        case fast
        /// Ends at once, without a checkpoint; the next start recovers from the write-ahead log.
        case immediate

        var signal: Int32 {
            switch self {
            case .smart: SIGTERM
            case .fast: SIGINT
            case .immediate: SIGQUIT
            }
        }

        /// The next harsher mode, `nil` after the last: then only SIGKILL is left.
        var escalation: ShutdownMode? {
            switch self {
            case .smart: .fast
            case .fast: .immediate
            case .immediate: nil
            }
        }

        /// How long to wait before escalating. A fast shutdown writes a checkpoint, which a slow disk stretches; an immediate one
        /// is given more than the 5 seconds after which the postmaster kills its own children.
        var patience: Duration {
            switch self {
            case .smart: .seconds(60)
            case .fast: .seconds(60)
            case .immediate: .seconds(10)
            }
        }
    }
}
