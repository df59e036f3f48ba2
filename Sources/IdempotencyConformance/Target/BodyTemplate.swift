/// A request's body, in which `{unique}` (or `{uuid}`) stands for what makes each operation another one.
package struct BodyTemplate: Sendable, Equatable {
    private let text: String

    /// - Throws: ``ConformanceError`` with `.settings` without the mark: two operations would have the same payload.
    package init(_ text: String, option: String) throws(ConformanceError) {
        guard Unique.isIn(text) else {
            throw ConformanceError(
                .settings,
                "\(option) has no {unique}: put it where a value may differ from operation to operation, "
                    + "in a reference for example")
        }
        self.text = text
    }

    func filled(_ unique: Unique) -> String { unique.filled(into: text) }
}
