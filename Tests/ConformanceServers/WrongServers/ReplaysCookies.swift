import Hummingbird

/// Replays the first answer's cookies: whoever retries gets the first one's session.
struct ReplaysCookies: KeyedServer {
    let memory = Memory()

    func replay(_ answer: StoredAnswer, order: Order, principal: String) async -> StoredAnswer {
        var answer = answer
        answer.fields[.idempotentReplayed] = "true"
        return answer
    }
}
