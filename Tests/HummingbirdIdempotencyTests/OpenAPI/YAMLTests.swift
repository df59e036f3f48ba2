import HummingbirdIdempotency
import Testing

@Suite("A value as YAML")
struct YAMLTests {
    @Test(
        "Text is bare only where every parser reads it as text",
        arguments: [
            ("plain text", "plain text"), ("/payments/{id}", "/payments/{id}"), ("$ref", "$ref"), ("a:b", "a:b"),
            ("", "''"), ("true", "'true'"), ("No", "'No'"), ("null", "'null'"), ("3.1.0", "'3.1.0'"), ("-1", "'-1'"),
            ("a: b", "'a: b'"), ("a #b", "'a #b'"), ("a:", "'a:'"), ("a ", "'a '"), (" a", "' a'"), ("@x", "'@x'"),
            ("#x", "'#x'"), ("it's", "it's"), ("'tis", "'''tis'"), ("\"q\"", "'\"q\"'"),
            ("tab\t", "\"tab\\U00000009\""),
            ("é\"\\", "\"\\U000000e9\\\"\\\\\""), ("two\nlines", "\"two\\U0000000alines\""),
        ])
    func scalars(text: String, yaml: String) {
        #expect(OpenAPIValue.string(text).yaml == "\(yaml)\n")
    }

    @Test("Objects, arrays and text of several lines are laid out as people write them")
    func layout() {
        let value: OpenAPIValue = [
            "openapi": "3.1.0",
            "description": "First.\n\n  Second: \"x\" # not a comment\n",
            "empty": [:], "none": [], "nothing": nil, "flags": [true, 1, "a, b", "c"],
            "schema": ["$ref": "#/components/schemas/A"],
            "list": [["name": "a", "nested": ["b": ["c": 1]]], [["d"], [["e": 2]]], ["$ref": "#/x"]],
        ]
        #expect(
            value.yaml == """
                openapi: '3.1.0'
                description: |
                  First.

                    Second: "x" # not a comment
                empty: {}
                none: []
                nothing: null
                flags: [true, 1, 'a, b', c]
                schema: { $ref: '#/components/schemas/A' }
                list:
                  - name: a
                    nested:
                      b:
                        c: 1
                  - - [d]
                    - - e: 2
                  - { $ref: '#/x' }

                """)
    }

    @Test("Merging adds members and elements, joins descriptions and changes nothing else")
    func merging() {
        let one: OpenAPIValue = ["a": 1, "description": "One.", "list": ["x"], "object": ["b": true]]
        let other: OpenAPIValue = ["a": 2, "description": "Two.", "list": ["x", "y"], "object": ["c": nil], "d": "e"]
        #expect(
            one.merging(other) == [
                "a": 1, "description": "One. Two.", "list": ["x", "y"], "object": ["b": true, "c": nil], "d": "e",
            ])
        #expect(one.merging(one) == one)
    }

    @Test("A member can be set, changed and removed in its place")
    func members() {
        var value: OpenAPIValue = ["a": 1, "b": 2]
        value["a"] = 3
        value["c"] = 4
        #expect(value == ["a": 3, "b": 2, "c": 4])
        value["b"] = nil as OpenAPIValue?
        value["d"] = nil as OpenAPIValue?
        #expect(value == ["a": 3, "c": 4])
        #expect(value["a"] == 3 && value["z"] == nil as OpenAPIValue? && value["a"]?["z"] == nil as OpenAPIValue?)
    }
}
