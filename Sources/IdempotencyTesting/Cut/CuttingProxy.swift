import FaultProxy
import Synchronization

/// Stands between one run and its database; cuts the connection once, or only takes note of the statements.
final class CuttingProxy: Sendable {
    private struct State {
        var log = StatementLog()
        var hasCut = false
    }

    private let proxy: FaultProxy
    private let state: Mutex<State>

    /// - Parameters:
    ///   - url: the database.
    ///   - cut: where to cut; nil for nowhere.
    /// - Throws: `POSIXError` when the server is not on this machine.
    init(to url: String, cut: ConnectionCut?) throws {
        proxy = try FaultProxy(to: url)
        state = Mutex(State())
        proxy.setRule { [weak self] passage in
            self?.state.withLock { state in
                guard let here = state.log.note(passage), let cut, !state.hasCut, here.isSamePoint(as: cut) else {
                    return nil
                }
                state.hasCut = true
                return .close
            }
        }
    }

    /// Where clients connect.
    var url: String { proxy.url }

    /// Whether the cut has happened.
    var hasCut: Bool { state.withLock { $0.hasCut } }

    /// The cuts that could have been made so far.
    var possibleCuts: [ConnectionCut] { state.withLock { $0.log.cuts } }

    /// Ends all connections, and takes no new ones.
    func close() { proxy.close() }
}

extension ConnectionCut {
    /// Whether both are at the same moment of the same statement, whatever came before it.
    fileprivate func isSamePoint(as other: ConnectionCut) -> Bool {
        statement == other.statement && occurrence == other.occurrence && moment == other.moment
    }
}
