import Hummingbird

/// Compares method, path and body, not the query.
struct IgnoresQuery: KeyedServer {
    let memory = Memory()

    func line(of request: Request) -> String { "\(request.method) \(request.uri.path)" }
}
