/// Joins several lines of the key with a comma, as many frameworks do, and takes what comes out for a third key.
struct JoinsKeyLines: KeyedServer {
    let memory = Memory()

    func key(in lines: [String]) -> String? {
        guard lines.count > 1 else { return lines.first.flatMap { CorrectServer(profile).key(in: [$0]) } }
        return lines.joined(separator: ", ")
    }
}
