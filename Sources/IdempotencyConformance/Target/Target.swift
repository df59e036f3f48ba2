/// The server under test, and how to talk to it.
package struct Target: Sendable {
    /// Scheme, host and port, perhaps a path; without a slash at its end.
    package let url: String
    package let endpoint: Endpoint
    /// A body that the server accepts; each operation fills in another unique value.
    package let body: BodyTemplate
    package var contentType = "application/json"
    /// On each request: authorization, a version of the API.
    package var headers: [HeaderLine] = []
    /// Of another principal; these replace those of the same name. Empty: there is none.
    package var otherHeaders: [HeaderLine] = []
    /// Without one, effects cannot be counted.
    package var probe: EffectProbe?
    /// A body that the server refuses for good, with 4xx.
    package var refusedBody: BodyTemplate?
    /// A body whose first request is answered with 5xx, and whose retry succeeds.
    package var failingBody: BodyTemplate?
    /// A body whose request takes about a second, so that it is certainly in flight when the next one comes.
    package var slowBody: BodyTemplate?
    /// A size in bytes that is over the server's limit.
    package var oversize: Int?
    /// How long a key lives; nil: what the answers say of it.
    package var window: Duration?
    /// How many requests the check of parallel duplicates sends.
    package var parallel = 20
    /// For one answer, and for a retry to stop being 409.
    package var timeout: Duration = .seconds(10)
    /// Response fields that differ from answer to answer, lower-case, besides the well-known ones.
    package var ignoredFields: Set<String> = []

    /// - Throws: ``ConformanceError`` with `.settings`: the URL is none of http or https, or holds credentials.
    package init(url: String, endpoint: Endpoint, body: BodyTemplate) throws(ConformanceError) {
        let scheme = ["http://", "https://"].first { url.hasPrefix($0) }
        guard let scheme, url.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), !url.contains(where: { "?#".contains($0) }) else {
            throw ConformanceError(.settings, "--url must be http://host:port or https://host, without query")
        }
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else {
            throw ConformanceError(.settings, "--url must not hold credentials: give them as --header")
        }
        let port = authority.split(separator: ":", omittingEmptySubsequences: false)
        let hasPort = !authority.hasSuffix("]") && port.count > 1
        guard let host = port.first, !host.isEmpty, !hasPort || UInt16(port[port.count - 1]) != nil else {
            throw ConformanceError(.settings, "--url has no host, or a port that is no number")
        }
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.endpoint = endpoint
        self.body = body
    }
}
