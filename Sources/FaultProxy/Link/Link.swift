import Foundation
import Synchronization

/// One connection through the proxy: two sockets, and a thread for each direction.
final class Link: Sendable {
    /// Whether a direction goes on.
    private enum Course { case on, off, ended }

    private struct State {
        var isFrozen = false
        /// Since when something that was sent has not arrived and never will.
        var silentSince: ContinuousClock.Instant?
        var isClosed = false
        var threads = 2
        var conversation = Conversation()
    }

    let number: Int
    private let client: Socket
    private let server: Socket
    private let rule: @Sendable (Passage) -> Fault?
    private let state: Mutex<State>
    /// Signalled once for each thread when the link is closed.
    private let closed = DispatchSemaphore(value: 0)

    /// - Parameter rule: asked at each passage for what happens to it.
    init(
        number: Int, client: Socket, server: Socket, isFrozen: Bool, rule: @escaping @Sendable (Passage) -> Fault?
    ) {
        self.number = number
        self.client = client
        self.server = server
        self.rule = rule
        state = Mutex(State(isFrozen: isFrozen, silentSince: isFrozen ? .now : nil))
    }

    /// Begins to pass messages on.
    func start() {
        Thread.detachNewThread {
            self.relayRequests()
            self.threadEnded()
        }
    }

    /// Nothing passes any more, and nothing is closed.
    func freeze() {
        fallSilent()
        state.withLock { $0.isFrozen = true }
    }

    /// How long it has been frozen, or has swallowed one direction; nil if it does neither.
    var silence: Duration? { state.withLock { $0.silentSince.map { .now - $0 } } }

    private func fallSilent() { state.withLock { $0.silentSince = $0.silentSince ?? .now } }

    /// Ends the connection on both sides.
    func close() { close(resetting: false) }

    private func close(resetting: Bool) {
        let isFirst = state.withLock { state in
            if state.isClosed { return false }
            state.isClosed = true
            // The last thread closes the sockets: from then on their numbers may be somebody else's.
            guard state.threads > 0 else { return true }
            if resetting { client.reset() } else { client.shutDown() }
            server.shutDown()
            return true
        }
        guard isFirst else { return }
        closed.signal()
        closed.signal()
    }

    private func threadEnded() {
        close()
        let isLast = state.withLock { state in
            state.threads -= 1
            return state.threads == 0
        }
        guard isLast else { return }
        client.close()
        server.close()
    }

    // MARK: Start-up

    private static let cancelRequest = 80_877_102
    private static let encryptionRequests = [80_877_103, 80_877_104]

    private func relayRequests() {
        var reader = MessageReader(client)
        var isEncrypted = false
        while let message = reader.startupMessage() {
            if isFrozen { break }
            let code = Message.length(message.dropFirst(4))
            guard server.write(message) else { break }
            if code == Self.cancelRequest {
                _ = server.read()
                break
            }
            guard Self.encryptionRequests.contains(code) else {
                startAnswers { $0.relayAnswers() }
                relayRequests(&reader)
                return
            }
            guard let answer = server.read(), client.write(answer) else { break }
            isEncrypted = answer.first != UInt8(ascii: "N")
            if isEncrypted { break }
        }
        guard isEncrypted else {
            if isFrozen { waitUntilClosed() }
            return state.withLock { $0.threads -= 1 }
        }
        // What is encrypted cannot be followed, only passed on.
        startAnswers { $0.relayBytes(from: $0.server, to: $0.client) }
        if server.write(reader.rest) { relayBytes(from: client, to: server) }
    }

    private func startAnswers(_ relay: @escaping @Sendable (Link) -> Void) {
        Thread.detachNewThread {
            relay(self)
            self.threadEnded()
        }
    }

    private func relayBytes(from source: Socket, to target: Socket) {
        while let bytes = source.read() {
            if isFrozen { return waitUntilClosed() }
            if !target.write(bytes) { return }
        }
        if isFrozen { waitUntilClosed() }
    }

    // MARK: Messages

    private func relayRequests(_ reader: inout MessageReader) {
        relay(&reader, to: server, .beforeRequest, .afterRequest) { $0.clientSent($1) }
    }

    private func relayAnswers() {
        var reader = MessageReader(server)
        relay(&reader, to: client, .beforeAnswer, .afterAnswer) { $0.serverSent($1) }
    }

    /// Passes messages on until the end of the connection, or until a fault ends it.
    private func relay(
        _ reader: inout MessageReader, to target: Socket, _ before: Passage.Moment, _ after: Passage.Moment,
        _ place: (inout Conversation, Message) -> Conversation.Place
    ) {
        var course = Course.on
        while let messages = reader.messages() {
            if isFrozen { break }
            if course == .off { continue }
            var output: [UInt8] = []
            for message in messages where course == .on {
                let place = state.withLock { place(&$0.conversation, message) }
                if let statement = place.begins {
                    course = pass(statement, before, message, &output, to: target)
                }
                if course == .on { output += message.bytes }
                if course == .on, let statement = place.ends {
                    course = pass(statement, after, nil, &output, to: target)
                }
            }
            if course == .ended { return }
            if !target.write(output) { return }
        }
        if isFrozen { waitUntilClosed() }
    }

    /// A statement is at a point: lets happen there what the rule says.
    ///
    /// - Parameters:
    ///   - message: the one before which the point is; nil at the end of a statement.
    ///   - output: what is to arrive before the fault.
    private func pass(
        _ statement: Conversation.Statement, _ moment: Passage.Moment, _ message: Message?, _ output: inout [UInt8],
        to target: Socket
    ) -> Course {
        let passage = Passage(
            statement: statement.text, number: statement.number, connection: number, moment: moment)
        guard let fault = rule(passage) else { return .on }
        if case .truncate = fault { output += message?.bytes.prefix(3) ?? [] }
        guard target.write(output) else { return .ended }
        output = []
        switch fault {
        case .close, .truncate:
            close()
            return .ended
        case .reset:
            close(resetting: true)
            return .ended
        case .freeze:
            freeze()
            waitUntilClosed()
            return .ended
        case .swallow:
            fallSilent()
            return .off
        case .delay(let duration):
            let (seconds, attoseconds) = duration.components
            let end = DispatchTime.now() + .nanoseconds(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
            guard closed.wait(timeout: end) == .timedOut else { return .ended }
            guard isFrozen else { return .on }
            waitUntilClosed()
            return .ended
        }
    }

    private var isFrozen: Bool { state.withLock { $0.isFrozen } }

    private func waitUntilClosed() { closed.wait() }
}
