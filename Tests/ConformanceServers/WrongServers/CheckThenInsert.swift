/// Looks whether the key is there, and inserts it later: parallel requests all find nothing.
struct CheckThenInsert: KeyedServer {
    let memory = Memory()

    func claim(_ id: String, fingerprint: String) async -> Memory.Claim {
        let found = await memory.look(at: id, fingerprint: fingerprint)
        guard case .claimed = found else { return found }
        // Far longer than a round trip to a database takes, so that the race is certain on a busy machine, too.
        try? await Task.sleep(for: .milliseconds(200))
        await memory.insert(id, fingerprint: fingerprint)
        return .claimed
    }
}
