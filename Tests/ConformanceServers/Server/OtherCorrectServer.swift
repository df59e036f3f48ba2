import Foundation
import HTTPTypes
import Hummingbird
import IdempotencyConformance

/// As right as ``CorrectServer``, with a habit that other servers have.
struct OtherCorrectServer: KeyedServer {
    enum Habit: String, CaseIterable {
        /// 200 for what others answer with 201.
        case answersWith200
        /// 204, so that nothing tells two answers apart.
        case answersWithoutBody
        /// 409 does not say when to come again.
        case hasNoRetryAfter
        case takesUUIDsOnly
        /// A proxy in front of it adds fields of its own to each answer.
        case isBehindProxy
        /// Each fifth request is turned away.
        case limitsRate
        /// Duplicates wait for the first one's answer.
        case letsDuplicatesWait
    }

    let memory = Memory()
    let habit: Habit
    var profile = Profile.ietfStrict

    func admits(_ request: Request) async -> Bool {
        guard habit == .limitsRate else { return true }
        return await !memory.countRequest().isMultiple(of: 5)
    }

    func key(in lines: [String]) -> String? {
        let key = CorrectServer(profile).key(in: lines)
        return habit == .takesUUIDsOnly && key.map(UUID.init(uuidString:)) == .some(nil) ? nil : key
    }

    func claim(_ id: String, fingerprint: String) async -> Memory.Claim {
        while true {
            let claim = await memory.claim(id, fingerprint: fingerprint)
            guard habit == .letsDuplicatesWait, case .inFlight = claim else { return claim }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    func work(_ order: Order, principal: String, request: Request) async throws -> StoredAnswer {
        var answer = try await pay(order, principal: principal)
        switch habit {
        case .answersWith200 where answer.status == .created: answer.status = .ok
        case .answersWithoutBody where answer.status == .created: (answer.status, answer.body) = (.noContent, "")
        default: break
        }
        return passed(answer)
    }

    func replay(_ answer: StoredAnswer, order: Order, principal: String) async -> StoredAnswer {
        passed(await CorrectServer(profile).replay(answer, order: order, principal: principal))
    }

    func refuse(_ refusal: Refusal, key: String) -> StoredAnswer {
        var answer = CorrectServer(profile).refuse(refusal, key: key)
        if habit == .hasNoRetryAfter { answer.fields[.retryAfter] = nil }
        return answer
    }

    /// Through the proxy, if there is one.
    private func passed(_ answer: StoredAnswer) -> StoredAnswer {
        guard habit == .isBehindProxy else { return answer }
        var answer = answer
        for name in ["CF-Ray", "X-Request-Id", "X-Envoy-Upstream-Service-Time", "X-RateLimit-Remaining"] {
            HTTPField.Name(name).map { answer.fields[$0] = UUID().uuidString }
        }
        return answer
    }
}
