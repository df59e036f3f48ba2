import NIOHTTP1
import Testing

@Suite("Accounts", .serialized, .timeLimit(.minutes(3)))
struct AccountTests {
    @Test("An account is opened once a key, and only its tenant sees it")
    func open() async throws {
        try await withPayments { service in
            let body = #"{"balance": 100000, "currency": "USD"}"#
            let first = try await service.send(.POST, "/accounts", key: "k", body: body)
            #expect(first.status == 201)
            let id = try #require(first.number("id"))
            #expect(first.headers.first(name: "Location") == "/accounts/\(id)")
            let retry = try await service.send(.POST, "/accounts", key: "k", body: body)
            #expect(retry.isReplay && retry.body == first.body)
            #expect(try await service.count("accounts") == 4)

            let read = try await service.send(.GET, "/accounts/\(id)")
            #expect(read.status == 200 && read.body == first.body)
            #expect(try await service.send(.GET, "/accounts/\(id)", tenant: "globex").status == 404)
            #expect(try await service.send(.GET, "/accounts/x").status == 404)
            #expect(try await service.send(.GET, "/accounts/99999999999999999999").status == 404)
        }
    }

    @Test("Invalid accounts: 400 that names the field; no key: 400")
    func invalid() async throws {
        try await withPayments { service in
            for (body, field) in [
                (#"{"balance": -1, "currency": "EUR"}"#, "balance"), (#"{"currency": "EUR"}"#, "balance"),
                (#"{"balance": 1, "currency": "EURO"}"#, "currency"), (#"{"balance": 1}"#, "currency"),
                (#"{"balance": 0.5, "currency": "EUR"}"#, "balance"),
            ] {
                let answer = try await service.send(.POST, "/accounts", key: "k", body: body)
                #expect(answer.status == 400 && answer.text("field") == field)
            }
            let unkeyed = try await service.send(.POST, "/accounts", body: #"{"balance": 1, "currency": "EUR"}"#)
            #expect(unkeyed.problem == "key-missing")
            #expect(try await service.count("accounts") == 3)
        }
    }
}
