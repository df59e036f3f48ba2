import Testing

@testable import LibPQ

@Suite("The parameters of a statement")
struct PostgresBindingsTests {
    @Test("are copied as values: what is added to a copy is in the copy only")
    func copies() throws {
        var first = PostgresBindings()
        try first.append(1 as Int32)
        var second = first
        #expect(first == second)
        try second.append("x")
        try first.append(2 as Int32)
        #expect(PostgresBindings().count == 0)
        #expect(first.types == [PostgresType.int4.rawValue, PostgresType.int4.rawValue])
        #expect(second.types == [PostgresType.int4.rawValue, PostgresType.text.rawValue])
        #expect(first != second)
    }

    @Test("do without a value that could not be encoded")
    func failure() throws {
        var bindings = PostgresBindings()
        try bindings.append(1 as Int32)
        let before = bindings
        #expect(throws: PostgresError.self) { try bindings.append(Half()) }
        #expect(bindings == before)
    }

    /// Writes a part of itself, then fails.
    private struct Half: PostgresEncodable {
        static var postgresType: PostgresType { .text }

        func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
            buffer.write("half")
            throw PostgresError(.encodingFailed, "the other half is missing")
        }
    }
}
