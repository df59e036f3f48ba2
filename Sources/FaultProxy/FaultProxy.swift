import Foundation
import Synchronization

/// Stands between clients and a PostgreSQL server on this machine, and injects faults at named points of their statements.
///
/// It understands enough of the protocol's framing to know which statement a message belongs to, in both directions, prepared or
/// not. Without a fault everything passes unchanged. Encrypted connections are passed on but not understood.
package final class FaultProxy: Sendable {
    /// Says what happens to a passage; nil for nothing. Called on the proxy's threads, each passage once.
    package typealias Rule = @Sendable (Passage) -> Fault?

    private struct State {
        var rule: Rule?
        var injections: [(point: FaultPoint, fault: Fault, thenAway: Bool)] = []
        var isAway = false
        /// The listener's number may be somebody else's.
        var isClosed = false
        var isFrozen = false
        var fired = 0
        var connections = 0
        var links: [Weak<Link>] = []
    }

    private struct Weak<Object: AnyObject & Sendable>: Sendable {
        weak let object: Object?
    }

    /// The port of 127.0.0.1 that clients connect to.
    package let port: Int
    /// Where clients connect: the server's URL with the proxy's address, unencrypted.
    package let url: String

    private let server: ServerPlace
    private let listener: Socket
    private let state = Mutex(State())

    /// Listens on a free port of 127.0.0.1.
    ///
    /// - Parameter url: of the server, with the folder of its Unix socket as the parameter `host`, or with a port of this machine.
    /// - Throws: `POSIXError` when the URL names no such server, or there is no descriptor left.
    package init(to url: String) throws {
        guard var components = URLComponents(string: url) else { throw POSIXError(.EINVAL) }
        server = try ServerPlace(components)
        (listener, port) = try Socket.listener()
        components.host = "127.0.0.1"
        components.port = port
        let replaced = ["host", "hostaddr", "port", "sslmode", "gssencmode"]
        components.queryItems =
            (components.queryItems ?? []).filter { !replaced.contains($0.name) }
            + [.init(name: "sslmode", value: "disable"), .init(name: "gssencmode", value: "disable")]
        self.url = components.string ?? ""
        Thread.detachNewThread { self.accept() }
    }

    // MARK: Faults

    /// How many faults have happened.
    package var fired: Int { state.withLock { $0.fired } }

    /// Injects a fault once, at the next passage of a point.
    ///
    /// - Parameters:
    ///   - fault: what happens.
    ///   - point: where.
    ///   - thenAway: whether the server cannot be reached any more from then on, until ``comeBack()``.
    package func inject(_ fault: Fault, at point: FaultPoint, thenAway: Bool = false) {
        state.withLock { $0.injections.append((point, fault, thenAway)) }
    }

    /// Asks a rule at every passage for which nothing is injected; nil: no more.
    package func setRule(_ rule: Rule?) { state.withLock { $0.rule = rule } }

    private func fault(at passage: Passage) -> Fault? {
        let (rule, injection) = state.withLock { state in
            let index = state.injections.firstIndex { $0.point.matches(passage) }
            let injection = index.map { state.injections.remove(at: $0) }
            if let injection {
                state.fired += 1
                if injection.thenAway { state.isAway = true }
            }
            return (state.rule, injection)
        }
        if let injection {
            if injection.thenAway { closeLinks(but: passage.connection) }
            return injection.fault
        }
        let fault = rule?(passage)
        if fault != nil { state.withLock { $0.fired += 1 } }
        return fault
    }

    // MARK: The whole network

    /// Closes every connection.
    package func cut() { closeLinks(but: nil) }

    /// Closes every connection, frozen ones too, and refuses new ones.
    package func goAway() {
        state.withLock { $0.isAway = true }
        cut()
    }

    /// Takes new connections again.
    package func comeBack() { state.withLock { $0.isAway = false } }

    /// Nothing passes any more, on connections that exist and on new ones.
    package func freeze() {
        state.withLock { $0.isFrozen = true }
        freezeConnections()
    }

    /// Nothing passes any more on the connections that exist; new ones are served.
    package func freezeConnections() { for link in links { link.freeze() } }

    /// Closes the connections that have been frozen, or have swallowed one direction, for at least so long.
    ///
    /// Keepalives and `tcp_user_timeout` end the connection to a peer that has vanished. Here they never do, because this machine's
    /// kernel answers them; whoever wants the whole story calls this now and then.
    package func closeSilent(for duration: Duration) {
        for link in links where link.silence.map({ $0 >= duration }) ?? false { link.close() }
    }

    /// Ends everything.
    package func close() {
        goAway()
        state.withLock { if !$0.isClosed { listener.shutDown() } }
    }

    private var links: [Link] { state.withLock { $0.links.compactMap(\.object) } }

    private func closeLinks(but number: Int?) {
        for link in links where link.number != number { link.close() }
    }

    // MARK: Connections

    private func accept() {
        while let client = listener.accept() {
            if state.withLock({ $0.isAway }) {
                client.close()
                continue
            }
            guard let server = try? Socket.connected(to: server) else {
                client.close()
                continue
            }
            let link = state.withLock { state in
                state.connections += 1
                let link = Link(
                    number: state.connections, client: client, server: server, isFrozen: state.isFrozen,
                    rule: { [weak self] in self?.fault(at: $0) })
                state.links.removeAll { $0.object == nil }
                state.links.append(Weak(object: link))
                return link
            }
            link.start()
            // It may have gone away between the first question and the list.
            if state.withLock({ $0.isAway }) { link.close() }
        }
        state.withLock { state in
            state.isClosed = true
            listener.close()
        }
    }
}
