import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A TCP relay on 127.0.0.1 that misbehaves when told: at once, or when the client sends a certain text.
///
/// One thread relays all connections. For a text to be seen, the connection must not run it as a prepared statement.
final class FaultProxy: Sendable {
    enum Fault: Sendable {
        /// The client's bytes do not reach the server; both sides are closed.
        case loseRequest
        /// The client's bytes reach the server, which answers; then both sides are closed and the answer is lost.
        case loseAnswer
        /// Nothing is relayed any more, nothing is closed.
        case freeze
        /// The client's bytes reach the server, and nothing is relayed from then on.
        case freezeAnswer
    }

    private struct State {
        var armed: (text: [UInt8], fault: Fault)?
        var isFrozen = false
        var freezeLinksRequested = false
        var cutRequested = false
        var stopRequested = false
        var faults = 0
    }

    private struct Link {
        let client: Int32
        let server: Int32
        /// The next bytes from the server are the answer to lose.
        var losesAnswer = false
        var isFrozen = false
    }

    let port: Int
    private let state = Mutex(State())

    init(serverPort: Int) throws {
        let listener = try LoopbackListener()
        port = listener.port
        let relay = Relay(proxy: self, listener: listener, serverPort: serverPort)
        let box = Unmanaged.passRetained(relay).toOpaque()
        #if canImport(Darwin)
        var thread: pthread_t?
        let result = pthread_create(
            &thread, nil,
            { box in
                Unmanaged<Relay>.fromOpaque(box).takeRetainedValue().run()
                return nil
            }, box)
        #else
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { box in
                guard let box else { return nil }
                Unmanaged<Relay>.fromOpaque(box).takeRetainedValue().run()
                return nil
            }, box)
        #endif
        guard result == 0 else { throw SocketError(code: result) }
        #if canImport(Darwin)
        if let thread { pthread_detach(thread) }
        #else
        pthread_detach(thread)
        #endif
    }

    /// Lets the fault happen, once, when a client sends something that contains the text.
    func arm(_ fault: Fault, at text: String) {
        state.withLock { $0.armed = (Array(text.utf8), fault) }
    }

    /// How many armed faults have happened.
    var faults: Int { state.withLock { $0.faults } }

    /// Relays nothing from now on.
    func freeze() { state.withLock { $0.isFrozen = true } }

    /// Relays nothing any more for the connections that exist; new ones are relayed.
    func freezeLinks() { state.withLock { $0.freezeLinksRequested = true } }

    /// Whether ``freezeLinks()`` has been obeyed.
    var hasFrozenLinks: Bool { state.withLock { !$0.freezeLinksRequested } }

    /// Closes every connection.
    func cut() { state.withLock { $0.cutRequested = true } }

    /// Ends the thread, which closes everything.
    func stop() { state.withLock { $0.stopRequested = true } }

    /// The relay's thread and what only it touches.
    private final class Relay {
        private let proxy: FaultProxy
        private let listener: LoopbackListener
        private let serverPort: Int
        private var links: [Link] = []

        init(proxy: FaultProxy, listener: consuming LoopbackListener, serverPort: Int) {
            self.proxy = proxy
            self.listener = listener
            self.serverPort = serverPort
        }

        func run() {
            while !proxy.state.withLock({ $0.stopRequested }) {
                if proxy.state.withLock({ state in
                    defer { state.cutRequested = false }
                    return state.cutRequested
                }) {
                    closeAll()
                }
                if proxy.state.withLock({ state in
                    defer { state.freezeLinksRequested = false }
                    return state.isFrozen || state.freezeLinksRequested
                }) {
                    for index in links.indices { links[index].isFrozen = true }
                }
                relayOnce()
            }
            closeAll()
        }

        private func relayOnce() {
            var descriptors = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
            for link in links {
                for descriptor in [link.client, link.server] {
                    descriptors.append(
                        pollfd(fd: link.isFrozen ? -1 : descriptor, events: Int16(POLLIN), revents: 0))
                }
            }
            // Looks at the orders above every few milliseconds.
            guard poll(&descriptors, nfds_t(descriptors.count), 5) > 0 else { return }
            var ended: [Int] = []
            for index in links.indices {
                if descriptors[1 + 2 * index].revents != 0, !relayFromClient(index) {
                    ended.append(index)
                } else if descriptors[2 + 2 * index].revents != 0, !relayFromServer(index) {
                    ended.append(index)
                }
            }
            for index in ended.reversed() { close(links.remove(at: index)) }
            if descriptors[0].revents != 0 { accept() }
        }

        private func accept() {
            let client = systemAccept(listener.descriptor)
            guard client >= 0 else { return }
            guard let server = try? connectToLoopback(port: serverPort) else {
                systemClose(client)
                return
            }
            links.append(Link(client: client, server: server))
        }

        /// Returns whether the link goes on.
        private func relayFromClient(_ index: Int) -> Bool {
            guard let bytes = receive(links[index].client) else { return false }
            let fault = proxy.state.withLock { state -> Fault? in
                guard let armed = state.armed, bytes.contains(armed.text) else { return nil }
                state.armed = nil
                state.faults += 1
                return armed.fault
            }
            switch fault {
            case .loseRequest: return false
            case .freeze:
                links[index].isFrozen = true
                return true
            case .freezeAnswer: links[index].isFrozen = true
            case .loseAnswer: links[index].losesAnswer = true
            case nil: break
            }
            return send(bytes, to: links[index].server)
        }

        private func relayFromServer(_ index: Int) -> Bool {
            guard let bytes = receive(links[index].server) else { return false }
            if links[index].losesAnswer { return false }
            return send(bytes, to: links[index].client)
        }

        private func receive(_ descriptor: Int32) -> [UInt8]? {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            return count > 0 ? Array(buffer[..<count]) : nil
        }

        private func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = systemSend(descriptor, bytes[sent...])
                if count <= 0 { return false }
                sent += count
            }
            return true
        }

        private func closeAll() {
            links.forEach(close)
            links.removeAll()
        }

        private func close(_ link: Link) {
            systemClose(link.client)
            systemClose(link.server)
        }
    }
}

private func systemAccept(_ descriptor: Int32) -> Int32 { keptFromChildren(accept(descriptor, nil, nil)) }
private func systemClose(_ descriptor: Int32) { close(descriptor) }
private func systemSend(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Int {
    #if canImport(Darwin)
    bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0) }
    #else
    bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    #endif
}
