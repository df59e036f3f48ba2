import HTTPTypes
import Testing

@testable import Idempotency

/// What a policy lets be stored of an answer, as a table.
@Suite("What is stored of an answer")
struct OutcomeStoredTests {
    static let headers: HTTPFields = [
        .contentType: "text/plain", .location: "/keys/7", .setCookie: "session=7", .idempotencyResource: "7",
        .contentLanguage: "en", .eTag: "a", .contentEncoding: "identity",
    ]

    static func answer(_ status: Int = 201) -> Outcome {
        Outcome(status: status, headers: headers, body: Array("the secret".utf8))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var status = 201
        var policy = IdempotencyPolicy()
        var fields: [HTTPField.Name]
        var form = ReplayForm.snapshot
    }

    static let all: [HTTPField.Name] = [
        .contentType, .location, .idempotencyResource, .contentLanguage, .eTag, .contentEncoding,
    ]
    static let needed: [HTTPField.Name] = [.contentType, .contentLanguage, .contentEncoding]

    static let table: [Case] = [
        Case(testDescription: "a snapshot has all but what is never replayed", fields: all),
        Case(
            testDescription: "chosen fields, and those without which the body cannot be read",
            policy: IdempotencyPolicy(storedHeaders: .only([.eTag])),
            fields: [.contentType, .contentLanguage, .eTag, .contentEncoding]),
        Case(
            testDescription: "a cookie is not stored even when it is chosen",
            policy: IdempotencyPolicy(storedHeaders: .only([.setCookie])), fields: needed),
        Case(
            testDescription: "a reference has its location and its identifier",
            policy: IdempotencyPolicy(replay: .reference), fields: [.location, .idempotencyResource], form: .reference),
        Case(
            testDescription: "a reference has them whatever fields are chosen",
            policy: IdempotencyPolicy(replay: .reference, storedHeaders: .only([.eTag])),
            fields: [.location, .idempotencyResource], form: .reference),
        Case(
            testDescription: "what may not be repeated has its location", policy: IdempotencyPolicy(replay: .none),
            fields: [.location], form: .none),
        Case(
            testDescription: "a redirection counts as success", status: 303, policy: IdempotencyPolicy(replay: .none),
            fields: [.location], form: .none),
        Case(
            testDescription: "an error is stored whole, there is no resource to refer to", status: 402,
            policy: IdempotencyPolicy(replay: .reference), fields: all),
        Case(
            testDescription: "an error is stored whole, there is nothing to withhold", status: 400,
            policy: IdempotencyPolicy(replay: .none), fields: all),
        Case(
            testDescription: "an error has the chosen fields", status: 400,
            policy: IdempotencyPolicy(replay: .none, storedHeaders: .only([])), fields: needed),
    ]

    @Test("each policy", arguments: table)
    func stored(row: Case) {
        let (stored, form) = Self.answer(row.status).stored(under: row.policy)
        #expect(form == row.form)
        #expect(stored.status == row.status)
        #expect(stored.headers == HTTPFields(Self.headers.filter { row.fields.contains($0.name) }))
        #expect(stored.body == (form == .snapshot ? Self.answer().body : []))
    }

    @Test("the limit counts names and values of the fields that are stored, and is inclusive")
    func limit() throws {
        let answer = Outcome(status: 201, headers: [.eTag: "abc", .setCookie: String(repeating: "a", count: 100)])
        for policy in [
            IdempotencyPolicy(maximumResponseHeaders: 7),
            IdempotencyPolicy(storedHeaders: .only([]), maximumResponseHeaders: 1),
            IdempotencyPolicy(replay: .reference, maximumResponseHeaders: 1),
        ] {
            #expect(throws: Never.self) { try OutcomeColumns(answer, under: policy) }
        }
        let error = #expect(throws: IdempotencyError.self) {
            try OutcomeColumns(answer, under: IdempotencyPolicy(maximumResponseHeaders: 6))
        }
        #expect(error?.code == .responseTooLarge)
        #expect(error?.message.contains("maximumResponseHeaders (6 bytes)") == true)
    }
}
