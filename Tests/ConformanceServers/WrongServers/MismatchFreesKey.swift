/// Refuses another payload, and cleans up as after any error: the key is free, and the first payload runs again.
struct MismatchFreesKey: KeyedServer {
    let memory = Memory()

    func claim(_ id: String, fingerprint: String) async -> Memory.Claim {
        let claim = await memory.claim(id, fingerprint: fingerprint)
        if case .mismatch = claim { await memory.free(id) }
        return claim
    }
}
