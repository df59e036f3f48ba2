/// A request's body, in which `{unique}` stands for what makes each operation another one.
package struct BodyTemplate: Sendable, Equatable {
    /// What is replaced.
    package static let mark = "{unique}"

    private let text: String

    /// - Throws: ``ConformanceError`` with `.settings` without the mark: two operations would have the same payload.
    package init(_ text: String, option: String) throws(ConformanceError) {
        guard text.contains(Self.mark) else {
            throw ConformanceError(
                .settings,
                "\(option) has no \(Self.mark): put it where a value may differ from operation to operation, "
                    + "in a reference for example")
        }
        self.text = text
    }

    func filled(_ unique: String) -> String {
        text.split(separator: Self.mark, omittingEmptySubsequences: false).joined(separator: unique)
    }
}
