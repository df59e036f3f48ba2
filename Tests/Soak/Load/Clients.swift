import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import TestSupport

/// The clients: send a key until there is an answer for good, as real ones should, and write down everything.
struct Clients: Sendable {
    let http: HTTPClient
    let fleet: ServiceFleet
    let history: History
    /// The run's beginning, from which times are counted.
    let start: ContinuousClock.Instant

    /// Longer than the service takes to find out about an unknown COMMIT.
    private static let timeout = TimeAmount.seconds(20)

    /// Sends an errand's clients out together.
    /// - Parameters:
    ///   - name: of the lane.
    ///   - deadline: when they give up.
    ///   - hangUps: whether they may leave in the middle.
    /// - Returns: the answer for good; nil if there was none by the deadline.
    func run(
        _ errand: Errand, name: String, random: inout SeededRandom, until deadline: ContinuousClock.Instant,
        hangUps: @escaping @Sendable () -> Bool
    ) async -> Attempt.Answer? {
        let seeds = (0..<errand.clients).map { _ in random.next() }
        return await withTaskGroup(of: Attempt.Answer?.self) { group in
            for (index, seed) in seeds.enumerated() {
                group.addTask {
                    var random = SeededRandom(seed: seed)
                    return await insist(errand, "\(name).\(index + 1)", &random, until: deadline, hangUps)
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
    }

    private func insist(
        _ errand: Errand, _ client: String, _ random: inout SeededRandom, until deadline: ContinuousClock.Instant,
        _ hangUps: @Sendable () -> Bool
    ) async -> Attempt.Answer? {
        while !Task.isCancelled, ContinuousClock.now < deadline {
            if let url = await fleet.url(Int.random(in: 0..<1000, using: &random)) {
                let patience: Patience = hangUps() ? random.choice([(95, .full), (4, .short), (1, .halfBody)]) : .full
                let begin = ContinuousClock.now - start
                let result = await send(errand, to: url, patience, &random)
                let attempt = Attempt(
                    client: client, isOtherBody: errand.isOtherBody, begin: begin, end: ContinuousClock.now - start,
                    result: result)
                history.note(attempt, of: errand.operation)
                if let answer = attempt.answer, !answer.saysRetry { return answer }
            }
            // Sooner than Retry-After says: the more retries, the more of them meet.
            try? await Task.sleep(for: .milliseconds(Int.random(in: 10...200, using: &random)))
        }
        return nil
    }

    private enum Patience { case full, short, halfBody }

    private func send(
        _ errand: Errand, to url: String, _ patience: Patience, _ random: inout SeededRandom
    ) async -> Attempt.Result {
        var request = HTTPClientRequest(url: url + errand.operation.path)
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(ServiceFleet.token)")
        request.headers.add(name: "Idempotency-Key", value: errand.operation.key)
        request.headers.add(name: "Content-Type", value: "application/json")
        let body = ByteBuffer(string: errand.isOtherBody ? errand.operation.otherBody : errand.operation.body)
        var timeout = Self.timeout
        switch patience {
        case .full:
            request.body = .bytes(body)
        case .short:
            request.body = .bytes(body)
            timeout = .milliseconds(Int64.random(in: 1...40, using: &random))
        case .halfBody:
            request.body = .stream(HalfBody(whole: body), length: .known(Int64(body.readableBytes)))
            timeout = .milliseconds(Int64.random(in: 20...60, using: &random))
        }
        do {
            let response = try await http.execute(request, timeout: timeout)
            let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
            return .answered(
                Attempt.Answer(
                    status: Int(response.status.code), problem: response.headers.isProblem ? body.problem : nil,
                    body: body, isReplay: response.headers.first(name: "Idempotent-Replayed") == "true"))
        } catch {
            if patience == .full || (error as? HTTPClientError) != .deadlineExceeded { return .failed("\(error)") }
            return .hungUp
        }
    }
}

/// The first half of a body, and then nothing.
private struct HalfBody: AsyncSequence, Sendable {
    let whole: ByteBuffer

    struct AsyncIterator: AsyncIteratorProtocol {
        var half: ByteBuffer?

        mutating func next() async throws -> ByteBuffer? {
            defer { half = nil }
            if let half { return half }
            try await Task.sleep(for: .seconds(60))  // ended by the request's deadline
            return nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(half: whole.getSlice(at: whole.readerIndex, length: whole.readableBytes / 2))
    }
}

extension HTTPHeaders {
    fileprivate var isProblem: Bool { first(name: "Content-Type") == "application/problem+json" }
}

extension String {
    /// The fragment of the type in a problem's JSON.
    fileprivate var problem: String? {
        guard let type = firstRange(of: "\"type\":\"")?.upperBound, let end = self[type...].firstIndex(of: "\"") else {
            return nil
        }
        return self[type..<end].split(separator: "#").last.map(String.init)
    }
}
