#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The server under test, as the checks see it.
struct Subject: Sendable {
    let target: Target
    let profile: Profile
    let client: WireClient

    /// A new operation with the ordinary body.
    func operation() -> Operation { Operation(target.body) }

    /// Sends an operation with its key, as the profile spells it.
    func send(_ operation: Operation, principal: Principal = .first) async throws -> Answer {
        try await send(operation.body, keys: [profile.spelling(of: operation.key)], principal: principal)
    }

    /// Sends an operation with its key to another endpoint than its own.
    func send(_ operation: Operation, to endpoint: Endpoint) async throws -> Answer {
        try await deliver(
            request(operation.body, keys: [profile.spelling(of: operation.key)], principal: .first, endpoint: endpoint))
    }

    /// Sends a body with these lines of Idempotency-Key.
    func send(_ body: String, keys: [String], principal: Principal = .first) async throws -> Answer {
        try await deliver(request(body, keys: keys, principal: principal))
    }

    /// Sends it until the answer is not 409 (the first request may still run), at most for the time-out.
    func sendUntilDecided(_ operation: Operation) async throws -> Answer {
        let clock = ContinuousClock()
        let end = clock.now + target.timeout
        while true {
            let answer = try await send(operation)
            guard answer.status == 409, clock.now < end else { return answer }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Whether a retry was answered without a second run, as far as can be seen.
    func isAnsweredAgain(
        _ first: Answer, _ retry: Answer, of operation: Operation, _ evidence: Evidence
    ) async throws -> Bool {
        guard retry.isSuccess else { return false }
        if let effects = try await effects(of: operation) { return effects == 1 }
        return retry.isMarkedReplay || !evidence.replaysAreEqual || retry.body == first.body
    }

    func hangUp(_ operation: Operation, at moment: HangUp) async {
        await client.hangUp(
            request(operation.body, keys: [profile.spelling(of: operation.key)], principal: .first), at: moment)
    }

    /// How many effects an operation has had; nil without a probe.
    /// - Throws: ``NoAnswer``, also when the probe's answer tells no number.
    func effects(of operations: Operation..., principal: Principal = .first) async throws -> Int? {
        guard let probe = target.probe else { return nil }
        var sum = 0
        for operation in operations {
            let answer = try await deliver(
                WireRequest(
                    method: probe.endpoint.method, url: target.url + operation.unique.filled(into: probe.endpoint.path),
                    fields: fields(principal), body: nil))
            guard answer.isSuccess, let count = probe.count(in: answer.body) else {
                throw NoAnswer(
                    reason:
                        "the probe was answered with \(answer.status), without an array or number where it should be")
            }
            sum += count
        }
        return sum
    }

    /// Seconds since 1970.
    var now: Int64 { Int64(Date().timeIntervalSince1970) }

    /// Sends a request, again while it is turned away because there are too many (429), at most for the time-out.
    private func deliver(_ request: WireRequest) async throws -> Answer {
        let clock = ContinuousClock()
        let end = clock.now + target.timeout
        while true {
            let answer = try await client.send(request)
            // At least a second, whatever a server says: asking again at once would be an attack.
            let pause = Duration.seconds(max(1, answer.values("retry-after").first.flatMap { Int64($0) } ?? 1))
            guard answer.status == 429, clock.now + pause < end else { return answer }
            try await clock.sleep(for: pause)
        }
    }

    private func request(
        _ body: String, keys: [String], principal: Principal, endpoint: Endpoint? = nil
    ) -> WireRequest {
        let endpoint = endpoint ?? target.endpoint
        return WireRequest(
            method: endpoint.method, url: target.url + endpoint.path,
            fields: fields(principal) + [(name: "Content-Type", value: target.contentType)]
                + keys.map { (name: "Idempotency-Key", value: $0) },
            body: Array(body.utf8))
    }

    private func fields(_ principal: Principal) -> [(name: String, value: String)] {
        let replaced = Set(target.otherHeaders.map { $0.name.lowercased() })
        let lines =
            switch principal {
            case .first: target.headers
            case .other: target.headers.filter { !replaced.contains($0.name.lowercased()) } + target.otherHeaders
            case .nobody: [HeaderLine]()
            }
        let own = lines.map { (name: $0.name, value: $0.value) }
        return own
            + [(name: "Accept", value: "*/*"), (name: "User-Agent", value: "idempotency-conformance")]
            .filter { field in !own.contains { $0.name.lowercased() == field.name.lowercased() } }
    }
}
