/// A method and a path, as `POST:/payments`.
package struct Endpoint: Sendable, Equatable {
    package let method: String
    /// Begins with `/`; may have a query.
    package let path: String

    /// - Throws: ``ConformanceError`` with `.settings`.
    package init(_ text: String) throws(ConformanceError) {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[1].hasPrefix("/"), !parts[0].isEmpty,
            parts[0].utf8.allSatisfy({ 0x41...0x5A ~= $0 }), parts[1].utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else {
            throw ConformanceError(
                .settings, "\"\(text)\" is no endpoint: write METHOD:/path, for example POST:/payments")
        }
        method = String(parts[0])
        path = String(parts[1])
    }
}
