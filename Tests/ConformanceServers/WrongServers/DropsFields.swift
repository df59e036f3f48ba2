import Hummingbird

/// Keeps status and body only: replays lose their header fields.
struct DropsFields: KeyedServer {
    let memory = Memory()

    func replay(_ answer: StoredAnswer, order: Order, principal: String) async -> StoredAnswer {
        StoredAnswer(answer.status, [.contentType: "application/json"], body: answer.body)
    }
}
