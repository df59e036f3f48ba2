import NIOCore

/// A request body whose last part is late: tells when the first part has been taken.
struct PausingBody: AsyncSequence, Sendable {
    enum Rest: Sendable {
        case isEmpty
        /// Until the request is cancelled.
        case neverComes
    }

    let part: ByteBuffer
    let rest: Rest
    /// Called when the client asks for more, so that the part is on its way.
    let taken: @Sendable () -> Void

    func makeAsyncIterator() -> Iterator { Iterator(body: self) }

    struct Iterator: AsyncIteratorProtocol {
        private let body: PausingBody
        private var isTaken = false

        init(body: PausingBody) { self.body = body }

        mutating func next() async throws -> ByteBuffer? {
            if !isTaken {
                isTaken = true
                return body.part
            }
            body.taken()
            if case .neverComes = body.rest { try await Task.sleep(for: .seconds(3600)) }
            return nil
        }
    }
}
