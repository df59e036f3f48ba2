import Hummingbird
import HummingbirdIdempotency
import Idempotency
import LibPQ
import Testing

@Suite("The OpenAPI fragment")
struct FragmentTests {
    /// A document with the fragment of one route, `POST /cards`.
    private func merged(_ policy: IdempotencyPolicy, into document: OpenAPIValue = [:]) throws -> OpenAPIValue {
        let router = Router(context: TestContext.self)
        let catalogue = IdempotencyCatalogue(of: router)
        let configuration = try PostgresPool.Configuration(url: "postgresql://127.0.0.1:1/nowhere")
        let idempotency = Idempotency(pool: PostgresPool(configuration: configuration))
        let middleware = IdempotencyMiddleware<TestContext>(idempotency, policy: policy) { _, _ in "" }
        router.group("cards", protectedBy: middleware, listedIn: catalogue).post { _, _ in "" }
        return OpenAPIFragment(catalogue).merged(into: document)
    }

    private func statuses(_ policy: IdempotencyPolicy) throws -> [String] {
        try merged(policy)["paths"]?["/cards"]?["post"]?["responses"]?.members.map(\.name) ?? []
    }

    @Test("Has a response for each status that the policy allows, and none else")
    func statuses() throws {
        let always = ["400", "409", "413", "422", "431", "500", "503"]
        #expect(try statuses(IdempotencyPolicy()) == always)
        #expect(try statuses(IdempotencyPolicy(keyRequired: false)) == always)
        #expect(try statuses(IdempotencyPolicy(lateRetries: .refuse())) == (always + ["410"]).sorted())
        #expect(
            try statuses(IdempotencyPolicy(newKeys: NewKeyLimit(1, per: .seconds(1)))) == (always + ["429"]).sorted())
    }

    @Test("Names the problems of a status by their types")
    func problems() throws {
        func description(_ policy: IdempotencyPolicy, _ name: String) throws -> OpenAPIValue? {
            try merged(policy)["components"]?["responses"]?[name]?["description"]
        }
        #expect(
            try description(IdempotencyPolicy(), "KeyMissingOrKeyMalformed")
                == "Idempotency-Key is missing (key-missing). Idempotency-Key is malformed (key-malformed).")
        #expect(
            try description(IdempotencyPolicy(keyRequired: false), "KeyMalformed")
                == "Idempotency-Key is malformed (key-malformed).")
        #expect(try description(IdempotencyPolicy(replay: .none), "InFlightOrAnswerWithheld") != nil)
    }

    @Test("Describes the key as the policy reads it")
    func key() throws {
        func parameter(_ policy: IdempotencyPolicy, _ name: String) throws -> OpenAPIValue? {
            let document = try merged(policy)
            let parameters = document["paths"]?["/cards"]?["post"]?["parameters"]?.elements ?? []
            #expect(parameters.contains(["$ref": .string("#/components/parameters/\(name)")]))
            return document["components"]?["parameters"]?[name]
        }
        #expect(try parameter(IdempotencyPolicy(), "IdempotencyKey")?["required"] == true)
        #expect(try parameter(IdempotencyPolicy(keyRequired: false), "OptionalIdempotencyKey")?["required"] == false)
        let strict = try parameter(IdempotencyPolicy(keySyntax: .strict), "StrictIdempotencyKey")
        #expect(strict?["schema"]?["pattern"] == #"^"(?:[!#-\[\]-~]|\\["\\]){1,255}"$"#)
    }

    @Test(
        "The pattern of the key accepts what the parser accepts, parameters and blanks around aside",
        arguments: [IdempotencyKey.Syntax.lenient, .strict])
    func pattern(syntax: IdempotencyKey.Syntax) throws {
        let name = syntax == .strict ? "StrictIdempotencyKey" : "IdempotencyKey"
        let parameter = try merged(IdempotencyPolicy(keySyntax: syntax))["components"]?["parameters"]?[name]
        guard case .string(let pattern)? = parameter?["schema"]?["pattern"] else {
            Issue.record("there is no pattern")
            return
        }
        let regex = try Regex(pattern)
        let long = String(repeating: "a", count: 255)
        for value in [
            "a", "\"a\"", long, "\"\(long)\"", "\(long)a", "\"\(long)a\"", "", "\"\"", "a b", "\"a b\"", "\"a", "a\"",
            "\"a\"b",
            #""\\""#, #""\"""#, #""\a""#, #"\"#, #""\""#, "42", "?1", "é", "\"é\"", "a,b", "\u{7F}",
            "\"\(String(repeating: #"\\"#, count: 255))\"", "\"\(String(repeating: #"\\"#, count: 256))\"",
        ] {
            let isKey = (try? IdempotencyKey(parsing: value, syntax: syntax)) != nil
            #expect((try regex.wholeMatch(in: value) != nil) == isKey, "\(value)")
        }
    }

    @Test("Offers Prefer where it is followed")
    func prefer() throws {
        func offers(_ policy: IdempotencyPolicy) throws -> Bool {
            try merged(policy)["components"]?["parameters"]?["Prefer"] != nil
        }
        #expect(try offers(IdempotencyPolicy()))
        #expect(try !offers(IdempotencyPolicy(maximumPreferredWait: .zero)))
    }

    @Test("Completes the service's own responses, marks those that are stored, and leaves references alone")
    func service() throws {
        let document: OpenAPIValue = [
            "paths": [
                "/cards": [
                    "post": [
                        "parameters": [["name": "a"]],
                        "responses": [
                            "201": ["description": "Made."], "400": ["description": "Wrong."],
                            "402": ["description": "Poor."], "409": ["$ref": "#/own"],
                        ],
                    ],
                    "get": ["responses": ["200": ["description": "All."]]],
                ]
            ],
            "components": ["schemas": ["Problem": ["properties": ["field": ["type": "string"]]]]],
        ]
        let merged = try merged(IdempotencyPolicy(), into: document)
        let post = try #require(merged["paths"]?["/cards"]?["post"])
        let responses = try #require(post["responses"])
        func isMarked(_ status: String) -> Bool {
            let headers = responses[status]?["headers"]
            return headers?["Idempotent-Replayed"] != nil && headers?["Idempotency-Key-Expires"] != nil
        }
        #expect(isMarked("201") && isMarked("402") && !isMarked("400"))
        #expect(
            responses["400"]?["description"]
                == "Wrong. Idempotency-Key is missing (key-missing). Idempotency-Key is malformed (key-malformed).")
        #expect(responses["409"] == ["$ref": "#/own"])
        #expect(post["parameters"]?.elements.count == 3)
        #expect(merged["paths"]?["/cards"]?["get"] == document["paths"]?["/cards"]?["get"])
        let problem = merged["components"]?["schemas"]?["Problem"]?["properties"]
        #expect(problem?["field"] != nil && problem?["detail"] != nil)
        #expect(merged["components"]?["responses"]?["KeyMissingOrKeyMalformed"] == nil)
    }

    @Test("Every reference leads somewhere, under every policy")
    func references() throws {
        for policy in [
            IdempotencyPolicy(),
            IdempotencyPolicy(
                lateRetries: .refuse(), replay: .none, newKeys: NewKeyLimit(1, per: .seconds(1)), keyRequired: false,
                keySyntax: .strict, isFinal: { _, _ in true }),
        ] {
            let document = try merged(policy, into: ["paths": ["/cards": ["post": ["responses": ["404": [:]]]]]])
            let references = document.references
            #expect(!references.isEmpty)
            for reference in references { #expect(document.resolves(reference), "\(reference)") }
        }
    }
}

extension OpenAPIValue {
    /// Every `$ref` in the value.
    fileprivate var references: Set<String> {
        switch self {
        case .object(let members):
            members.reduce(into: []) { found, member in
                if member.name == "$ref", case .string(let text) = member.value { found.insert(text) }
                found.formUnion(member.value.references)
            }
        case .array(let elements): elements.reduce(into: []) { $0.formUnion($1.references) }
        default: []
        }
    }

    fileprivate func resolves(_ reference: String) -> Bool {
        var value: OpenAPIValue? = self
        for name in reference.dropFirst(2).split(separator: "/") { value = value?[String(name)] }
        return value != nil
    }
}
