/// Looks whether the key is there, and inserts it later: parallel requests all find nothing.
struct CheckThenInsert: KeyedServer {
    let memory = Memory()

    func claim(_ id: String, fingerprint: String) async -> Memory.Claim {
        let found = await memory.look(at: id, fingerprint: fingerprint)
        guard case .claimed = found else { return found }
        // What a round trip to a database takes, and enough for the race to be certain.
        try? await Task.sleep(for: .milliseconds(50))
        await memory.insert(id, fingerprint: fingerprint)
        return .claimed
    }
}
