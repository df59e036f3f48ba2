/// Why no check could be run, or what is wrong with the settings.
package struct ConformanceError: Error, CustomStringConvertible, Equatable {
    package enum Code: Sendable {
        /// A setting is wrong; nothing was sent.
        case settings
        /// The server gave no answer.
        case unreachable
        /// The first request, with a key and the given body, was not a success.
        case noSuccess
    }

    package let code: Code
    /// Names what is wrong. Holds no header field or body that was sent.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
