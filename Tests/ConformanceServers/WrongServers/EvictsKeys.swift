/// Keeps the latest ten keys only, as a cache does: answers are gone long before their time.
struct EvictsKeys: KeyedServer {
    let memory = Memory(capacity: 10)
}
