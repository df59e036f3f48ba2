/// Forgets keys before the moment that its answers name.
struct ExpiresEarly: KeyedServer {
    let memory = Memory(window: .seconds(4), told: .seconds(7))
}
