/// A method and a path, as `POST:/payments`.
package struct Endpoint: Sendable, Equatable {
    package let method: String
    /// Begins with `/`; may have a query.
    package let path: String

    /// - Parameter option: named by the error.
    /// - Throws: ``ConformanceError`` with `.settings`.
    package init(_ text: String, option: String) throws(ConformanceError) {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[1].hasPrefix("/"), !parts[0].isEmpty,
            parts[0].utf8.allSatisfy({ 0x41...0x5A ~= $0 }), parts[1].utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else {
            throw ConformanceError(
                .settings, "\(option) is no endpoint: write METHOD:/path, for example POST:/payments")
        }
        method = String(parts[0])
        path = String(parts[1])
    }

    private init(method: String, path: String) {
        self.method = method
        self.path = path
    }

    /// The same path with another method.
    var withOtherMethod: Endpoint { Endpoint(method: method == "PATCH" ? "POST" : "PATCH", path: path) }

    /// The same method for a path below this one.
    var withOtherPath: Endpoint {
        let query = path.drop { $0 != "?" }
        return Endpoint(method: method, path: path.dropLast(query.count) + "/conformance" + query)
    }

    /// The same method and path with one more member of the query.
    var withOtherQuery: Endpoint {
        Endpoint(method: method, path: path + (path.contains("?") ? "&" : "?") + "conformance=1")
    }
}
