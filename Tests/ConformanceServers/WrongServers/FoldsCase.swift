/// Compares keys without regard to case, as some databases compare text.
struct FoldsCase: KeyedServer {
    let memory = Memory()

    func id(of key: String, principal: String) -> String { "\(principal) \(key.lowercased())" }
}
