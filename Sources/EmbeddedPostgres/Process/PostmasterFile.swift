/// The content of `postmaster.pid`, as the postmaster writes it. Source: `src/include/utils/pidfile.h`.
struct PostmasterFile: Sendable, Hashable {
    enum Status: String, Sendable {
        case starting, stopping, ready, standby
    }

    let processID: Int32
    let dataDirectory: String
    /// `nil` until the server has got that far.
    let port: Int?
    let socketDirectory: String?
    let status: Status?

    /// `nil` when the text does not begin with a process id.
    init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // Negative in a single-user backend, which is none of ours.
        guard let first = lines.first, let processID = Int32(first), processID > 0 else { return nil }
        self.processID = processID
        func line(_ index: Int) -> String? {
            guard index < lines.count else { return nil }
            let words = lines[index].drop { $0 == " " }
            let end = words.lastIndex { $0 != " " }
            return end.map { String(words[...$0]) }
        }
        dataDirectory = line(1) ?? ""
        port = line(3).flatMap { Int($0) }
        socketDirectory = line(4)
        status = line(7).flatMap { Status(rawValue: $0) }
    }
}
