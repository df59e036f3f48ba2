/// Counts the effects of one operation: a GET whose JSON answer is an array with one element for each, or a number, or holds
/// either at a JSON pointer.
package struct EffectProbe: Sendable {
    package let endpoint: Endpoint
    /// RFC 6901; empty for the whole document.
    package let pointer: String

    /// - Throws: ``ConformanceError`` with `.settings`.
    package init(_ text: String, pointer: String = "") throws(ConformanceError) {
        endpoint = try Endpoint(text, option: "--probe")
        guard Unique.isIn(text) else {
            throw ConformanceError(
                .settings, "--probe has no {unique}: it must count the effects of one operation")
        }
        guard pointer.isEmpty || pointer.hasPrefix("/") else {
            throw ConformanceError(.settings, "--probe-pointer is no JSON pointer (RFC 6901): it must begin with /")
        }
        self.pointer = pointer
    }

    /// The effects that an answer tells of; nil if it tells none.
    func count(in body: [UInt8]) -> Int? {
        switch JSONValue(body)?.value(at: pointer) {
        case .array(let elements): elements.count
        // More is no number of effects, and could not be added up.
        case .number(let number): Int32(exactly: number).map(Int.init)
        default: nil
        }
    }
}
