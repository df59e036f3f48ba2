import HTTPTypes

/// Keeps the body but not the status.
struct ReplaysWith200: KeyedServer {
    let memory = Memory()

    func replay(_ answer: StoredAnswer, order: Order, principal: String) async -> StoredAnswer {
        var answer = answer
        answer.status = .ok
        answer.fields[.setCookie] = nil
        return answer
    }
}
