import Hummingbird

/// Compares query and body only: the answer of one endpoint is given by another one.
struct IgnoresEndpoint: KeyedServer {
    let memory = Memory()

    func line(of request: Request) -> String { request.uri.query ?? "" }
}
