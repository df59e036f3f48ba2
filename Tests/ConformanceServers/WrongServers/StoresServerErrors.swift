/// Keeps answers of 5xx, too: a retry never succeeds.
struct StoresServerErrors: KeyedServer {
    let memory = Memory()

    func keeps(_ answer: StoredAnswer) -> Bool { true }
}
