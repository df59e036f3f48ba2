/// Keeps a refusal for a request that did not come to its end: the retry is refused, too.
struct StoresHalfRequests: KeyedServer {
    let memory = Memory()

    func interrupted(_ id: String) async {
        await memory.insert(id, fingerprint: "half")
    }
}
