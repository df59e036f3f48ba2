/// Who owns keys, as the key of a table in memory: the same where PostgreSQL finds it the same.
///
/// Not compared as a `String`, to which an é of one scalar and one of two are equal: one owner would get the other's answers.
struct Scope: Sendable, Hashable {
    let name: String

    init(_ name: String) { self.name = name }

    static func == (first: Self, second: Self) -> Bool { first.name.utf8.elementsEqual(second.name.utf8) }
}
