import IdempotencyConformance

/// Does every step right, by the rules of its profile.
struct CorrectServer: KeyedServer {
    let memory: Memory
    let profile: Profile

    init(_ profile: Profile, window: Duration = .seconds(86_400)) {
        memory = Memory(window: window)
        self.profile = profile
    }
}
