internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The search for a host's addresses, under way on a thread of its own: `getaddrinfo` blocks for as long as the resolver likes
/// (30 s and more when a DNS server is dead), and nothing can interrupt it.
///
/// The connection's thread waits for ``descriptor`` to become readable; when it has waited long enough, it drops the object,
/// and the search ends for itself.
final class NameLookup: Sendable {
    /// Finds the addresses of a host name, best first. May block.
    typealias Resolver = @Sendable (String) throws(PostgresError) -> [String]

    private let done: WakeUp
    private let answer = Mutex<Result<[String], PostgresError>?>(nil)

    /// Starts the search.
    ///
    /// - Throws: `connectionFailed` when the process has no thread or file descriptor left.
    init(_ name: String, _ resolve: @escaping Resolver) throws(PostgresError) {
        done = try WakeUp()
        try SystemThread.start { [self] in
            let found: Result<[String], PostgresError>
            do throws(PostgresError) { found = .success(try resolve(name)) } catch { found = .failure(error) }
            answer.withLock { $0 = found }
            done.signal()
        }
    }

    /// Becomes readable at the end.
    var descriptor: Int32 { done.readEnd }

    /// What was found; nil before the end.
    var result: Result<[String], PostgresError>? { answer.withLock { $0 } }

    /// Whether a `host` is to be looked up: it is neither an address nor the directory of a socket.
    static func isName(_ host: String) -> Bool {
        if host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") { return false }
        var hints = hints
        hints.ai_flags = AI_NUMERICHOST  // nobody is asked
        var found: UnsafeMutablePointer<addrinfo>?
        defer { if let found { freeaddrinfo(found) } }
        return getaddrinfo(host, nil, &hints, &found) != 0
    }

    /// The system's resolver. **Blocks.**
    static let system: Resolver = { name throws(PostgresError) in
        var first: UnsafeMutablePointer<addrinfo>?
        var hints = hints
        let code = getaddrinfo(name, nil, &hints, &first)
        guard code == 0 else {
            let reason = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
            throw PostgresError(.connectionFailed, "could not translate host name \"\(name)\" to address: \(reason)")
        }
        defer { freeaddrinfo(first) }
        var addresses: [String] = []
        var next = first
        while let entry = next?.pointee {
            // NI_MAXHOST, which Swift does not import.
            var text = [CChar](repeating: 0, count: 1025)
            let code = getnameinfo(
                entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if code == 0, let address = String(validating: text.prefix { $0 != 0 }, as: UTF8.self),
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            next = entry.ai_next
        }
        return addresses
    }

    private static var hints: addrinfo {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        return hints
    }
}
