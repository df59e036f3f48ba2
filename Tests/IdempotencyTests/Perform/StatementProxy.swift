import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Stands between a client and the server, and injects one fault at a named statement.
///
/// It understands just enough of the protocol's framing to hold a client's messages until their Sync and to know which statement
/// they execute, prepared or not. Everything else passes through unread.
///
/// Source: PostgreSQL, "Message Formats" and "Extended Query".
final class StatementProxy: Sendable {
    /// What happens to the batch of messages that executes the statement.
    enum Fault: Sendable, CaseIterable {
        /// The connection is closed before the server gets it.
        case requestLost
        /// The server executes it; the connection is closed before the client gets the answer.
        case answerLost
        /// The same in the middle of the answer.
        case answerCut
        /// The server executes it; the client gets a reset instead of an answer.
        case reset
        /// The server executes it; the connection stays open and silent.
        case answerFrozen
        /// The server does not get it; the connection stays open and silent, and the transaction with it.
        case requestFrozen
    }

    private struct State {
        var armed: (fault: Fault, statement: String, thenAway: Bool)?
        var isAway = false
        var fired = 0
        var links: [Link] = []
    }

    private let listener: Int32
    private let server: (directory: String, port: String)
    private let state = Mutex(State())

    /// Where clients connect.
    let url: String

    /// Listens on a free port of 127.0.0.1.
    ///
    /// - Parameter url: of the server, with the folder of its Unix socket as parameter `host`.
    init(to url: String) throws {
        guard var components = URLComponents(string: url), let items = components.queryItems,
            let directory = items.first(where: { $0.name == "host" })?.value,
            let port = items.first(where: { $0.name == "port" })?.value
        else { throw POSIXError(.EINVAL) }
        server = (directory, port)
        listener = keptFromChildren(socket(AF_INET, streamType, 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard result else { throw POSIXError(.EADDRNOTAVAIL) }
        components.host = "127.0.0.1"
        components.port = Int(UInt16(bigEndian: address.sin_port))
        components.queryItems = [.init(name: "sslmode", value: "disable"), .init(name: "gssencmode", value: "disable")]
        self.url = components.string ?? ""
        Thread.detachNewThread { self.accept() }
    }

    /// How many faults have happened.
    var fired: Int { state.withLock { $0.fired } }

    /// Injects a fault at the next execution of a statement.
    ///
    /// - Parameters:
    ///   - fault: what happens.
    ///   - statement: its SQL text; COMMIT by default.
    ///   - thenAway: whether the server can be reached no more from then on, until ``comeBack()``.
    func inject(_ fault: Fault, at statement: String = "COMMIT", thenAway: Bool = false) {
        state.withLock { $0.armed = (fault, statement, thenAway) }
    }

    /// Ends all connections, frozen ones too, and makes new ones fail.
    func goAway() {
        let links = state.withLock { state in
            state.isAway = true
            defer { state.links = [] }
            return state.links
        }
        for link in links { link.close() }
    }

    /// Lets new connections through again.
    func comeBack() {
        state.withLock { $0.isAway = false }
    }

    /// Ends everything.
    func close() {
        goAway()
        shutdown(listener, shutdownBoth)
        Self.close(listener)
    }

    // MARK: Connections

    /// The two sockets of one client. Both threads use them; the last one to end closes them, and nobody touches a number that
    /// may by then belong to another test's socket.
    private final class Link: Sendable {
        let client: Int32
        let server: Int32
        private let threads = Mutex(2)

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        /// Ends the connection on both sides.
        func close() {
            threads.withLock { threads in
                if threads > 0 { shutDown() }
            }
        }

        func threadEnded() {
            threads.withLock { threads in
                shutDown()
                threads -= 1
                if threads > 0 { return }
                StatementProxy.close(client)
                StatementProxy.close(server)
            }
        }

        private func shutDown() {
            shutdown(client, shutdownBoth)
            shutdown(server, shutdownBoth)
        }
    }

    /// What the thread that reads from the client tells the other one.
    private final class Answer: Sendable {
        enum Treatment { case pass, drop, cut }
        let treatment = Mutex(Treatment.pass)
        let isComplete = DispatchSemaphore(value: 0)
    }

    private static func close(_ descriptor: Int32) {
        _ = systemClose(descriptor)
    }

    private func accept() {
        while true {
            let client = systemAccept(listener)
            if client < 0 { return }
            if state.withLock({ $0.isAway }) {
                Self.close(client)
                continue
            }
            var on: Int32 = 1
            setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            guard let server = connectToServer() else {
                Self.close(client)
                continue
            }
            let link = Link(client: client, server: server)
            state.withLock { $0.links.append(link) }
            let answer = Answer()
            Thread.detachNewThread {
                self.forwardRequests(link, answer)
                link.threadEnded()
            }
            Thread.detachNewThread {
                Self.forwardAnswers(link, answer)
                link.threadEnded()
            }
        }
    }

    private func connectToServer() -> Int32? {
        let descriptor = keptFromChildren(socket(AF_UNIX, streamType, 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("\(server.directory)/.s.PGSQL.\(server.port)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.prefix($0.count - 1)) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        if result == 0 { return descriptor }
        Self.close(descriptor)
        return nil
    }

    // MARK: Requests

    private func forwardRequests(_ link: Link, _ answer: Answer) {
        // The start-up message has no type.
        guard var startup = Self.read(link.client, 4), let rest = Self.read(link.client, Self.length(startup) - 4)
        else { return }
        startup += rest
        guard Self.write(link.server, startup) else { return }
        var prepared: [String: String] = [:]
        var executed: Set<String> = []
        var batch: [UInt8] = []
        while let message = Self.message(link.client) {
            batch += message
            switch message[0] {
            case UInt8(ascii: "P"):  // Parse: name, text
                let texts = Self.texts(message, 2)
                prepared[texts[0]] = texts[1]
                continue
            case UInt8(ascii: "B"):  // Bind: portal, name of the statement
                if let text = prepared[Self.texts(message, 2)[1]] { executed.insert(text) }
                continue
            case UInt8(ascii: "D"), UInt8(ascii: "E"), UInt8(ascii: "C"): continue
            default: break  // Sync, or a password, or Terminate
            }
            let fault = state.withLock { state -> (Fault, thenAway: Bool)? in
                guard let armed = state.armed, executed.contains(armed.statement) else { return nil }
                state.armed = nil
                if armed.thenAway { state.isAway = true }
                return (armed.fault, armed.thenAway)
            }
            if let (fault, thenAway) = fault {
                happen(fault, to: batch, link, answer)
                state.withLock { $0.fired += 1 }
                if thenAway { goAway() }
                return
            }
            guard Self.write(link.server, batch) else { return }
            batch = []
            executed = []
        }
    }

    /// Returns when the connection may be closed.
    private func happen(_ fault: Fault, to batch: [UInt8], _ link: Link, _ answer: Answer) {
        switch fault {
        case .requestLost:
            return
        case .requestFrozen:
            state.withLock { $0.fired += 1 }
            // Until `goAway`: the client's own end is not passed on either, as if its network were gone.
            while Self.read(link.client, 1) != nil {}
            _ = answer.isComplete.wait(timeout: .now() + 60)
            state.withLock { $0.fired -= 1 }
        case .answerLost, .answerCut, .reset, .answerFrozen:
            answer.treatment.withLock { $0 = fault == .answerCut ? .cut : .drop }
            guard Self.write(link.server, batch) else { return }
            answer.isComplete.wait()
            if fault == .reset {
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(link.client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                // Shutting down would say goodbye in order; closing the last descriptor of the socket resets.
                let silent = open("/dev/null", O_RDWR)
                dup2(silent, link.client)
                Self.close(silent)
            }
            if fault == .answerFrozen {
                while Self.read(link.client, 1) != nil {}  // until the client gives up
            }
        }
    }

    // MARK: Answers

    private static func forwardAnswers(_ link: Link, _ answer: Answer) {
        defer { answer.isComplete.signal() }
        while let message = message(link.server) {
            switch answer.treatment.withLock({ $0 }) {
            case .pass:
                guard write(link.client, message) else { return }
            case .drop:
                break
            case .cut:
                answer.treatment.withLock { $0 = .drop }
                guard write(link.client, Array(message.prefix(3))) else { return }
            }
            if message[0] == UInt8(ascii: "Z"), answer.treatment.withLock({ $0 }) != .pass {  // ReadyForQuery
                answer.isComplete.signal()
                answer.isComplete.signal()
                _ = read(link.server, 1)
                return  // keeps the link until the other thread closes it
            }
        }
    }

    // MARK: Framing

    private static func message(_ descriptor: Int32) -> [UInt8]? {
        guard let head = read(descriptor, 5), let body = read(descriptor, length(head.dropFirst()) - 4) else {
            return nil
        }
        return head + body
    }

    private static func length(_ bytes: some Collection<UInt8>) -> Int {
        bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }

    /// The first NUL-terminated texts of a message.
    private static func texts(_ message: [UInt8], _ count: Int) -> [String] {
        message.dropFirst(5).split(separator: 0, maxSplits: count, omittingEmptySubsequences: false)
            .prefix(count).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func read(_ descriptor: Int32, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: max(0, count))
        var done = 0
        while done < bytes.count {
            let result = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + done, $0.count - done, 0) }
            if result <= 0 { return nil }
            done += result
        }
        return bytes
    }

    private static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let result = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress! + done, $0.count - done, noSignal) }
            if result <= 0 { return false }
            done += result
        }
        return true
    }
}

#if canImport(Darwin)
private let streamType = SOCK_STREAM
private let noSignal: Int32 = 0
#else
private let streamType = Int32(SOCK_STREAM.rawValue)
private let noSignal = Int32(MSG_NOSIGNAL)
#endif
private let shutdownBoth = Int32(SHUT_RDWR)

/// `close` and `accept` under names that the methods above do not hide.
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func systemAccept(_ descriptor: Int32) -> Int32 { keptFromChildren(accept(descriptor, nil, nil)) }

/// Closes the descriptor in programs that other tests start: inherited, it would keep a connection open after its end here.
private func keptFromChildren(_ descriptor: Int32) -> Int32 {
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
}
