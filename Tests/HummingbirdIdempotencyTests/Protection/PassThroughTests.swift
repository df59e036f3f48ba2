import HTTPTypes
import Hummingbird
import HummingbirdIdempotency
import HummingbirdTesting
import Idempotency
import LibPQ
import TestSupport
import Testing

@Suite("What is not protected", .timeLimit(.minutes(2)))
struct PassThroughTests {
    @Test(
        "Methods outside the policy pass through; they have no transaction, and the log says why",
        arguments: [HTTPRequest.Method.get, .put])
    func methods(method: HTTPRequest.Method) async throws {
        try await withService { service in
            let answer = try await service.send("/group", method: method, key: nil)
            #expect(answer.status == .internalServerError)
            #expect(answer.headers[.contentType] == Problem.mediaType)
            #expect(service.errors.all.first is UnprotectedRouteError)
            #expect(service.log.text.contains("Add the middleware to the group"))
            #expect(service.arrivals.value == 0)
        }
    }

    @Test("GET and HEAD in a protected group answer as if the middleware were not there")
    func reading() async throws {
        let routes = ExtraRoutes { router, idempotency in
            router.group("read").add(middleware: IdempotencyMiddleware(idempotency) { _, _ in "scope" })
                .get { _, _ in "read" }
                .head { _, _ in Response(status: .ok, headers: [.effect: "head"]) }
        }
        try await withService(extra: routes) { service in
            let answer = try await service.send("/read", method: .get, key: nil)
            #expect(answer.text == "read")
            #expect(try await service.send("/read", method: .head, key: "k", body: "").headers[.effect] == "head")
            #expect(try await service.keys() == 0)
        }
    }

    @Test("Idempotency-Resource leaves a protected group on no way, with or without a key, whatever the method")
    func resource() async throws {
        let routes = ExtraRoutes { router, idempotency in
            let group = router.group("named").add(middleware: IdempotencyMiddleware(idempotency) { _, _ in "scope" })
            for method in [HTTPRequest.Method.post, .get, .head] {
                group.on("", method: method) { _, _ in
                    Response(status: .ok, headers: [.idempotencyResource: "internal-7", .effect: "there"])
                }
            }
        }
        try await withService(policy: IdempotencyPolicy(keyRequired: false), extra: routes) { service in
            for (method, key) in [
                (HTTPRequest.Method.post, nil), (.post, "k"), (.post, "k"), (.get, nil), (.head, "k"),
            ] {
                let body = method == .post ? "coffee" : ""
                let answer = try await service.send("/named", method: method, key: key, body: body)
                #expect(answer.headers[.effect] == "there")
                #expect(answer.headers[.idempotencyResource] == nil, "\(method) \(key ?? "without key")")
            }
        }
    }

    @Test("With other methods in the policy, those are protected")
    func otherMethods() async throws {
        try await withService(policy: IdempotencyPolicy(methods: [.put])) { service in
            let first = try await service.send("/group", method: .put, key: "k")
            #expect(first.status == .created)
            try await service.send("/group", method: .put, key: "k").expectReplay(of: first)
            #expect(try await service.send("/group", method: .post, key: "k").status == .internalServerError)
        }
    }

    @Test("With an optional key, a request without one runs unprotected and one with a key is protected")
    func optionalKey() async throws {
        let routes = ExtraRoutes { router, idempotency in
            router.group("optional").add(middleware: IdempotencyMiddleware(idempotency) { _, _ in "scope" })
                .post { _, context in context.idempotency.transaction == nil ? "unprotected" : "protected" }
        }
        try await withService(policy: IdempotencyPolicy(keyRequired: false), extra: routes) { service in
            #expect(try await service.send("/optional", key: nil).text == "unprotected")
            #expect(try await service.send("/optional", key: "k").text == "protected")
            // The route form cannot do without: its handler is promised a transaction.
            try await service.send("/route", key: nil).expectProblem(.keyMissing)
        }
    }

    @Test("A route protected twice is refused instead of waiting for itself")
    func twice() async throws {
        let routes = ExtraRoutes { router, idempotency in
            router.group("twice").add(middleware: IdempotencyMiddleware(idempotency) { _, _ in "scope" })
                .post("", idempotent: idempotency, scope: { _, _ in "scope" }, use: { _, _, _ in "never" })
        }
        try await withService(extra: routes) { service in
            let answer = try await service.send("/twice", key: "k")
            #expect(answer.status == .internalServerError)
            #expect(service.log.text.contains("protected twice"))
            #expect(try await service.keys() == 0)
        }
    }

    @Test("What the scope closure throws is the answer")
    func scope() async throws {
        let routes = ExtraRoutes { router, idempotency in
            router.post(
                "closed", idempotent: idempotency, scope: { _, _ in throw HTTPError(.forbidden, message: "closed") },
                use: ProtectedService.insert)
        }
        try await withService(extra: routes) { service in
            let answer = try await service.send("/closed", key: "k")
            #expect(answer.status == .forbidden)
            #expect(try await service.keys() == 0)
        }
    }

    @Test("A transaction kept beyond its request throws")
    func escaped() async throws {
        let kept = KeptTransaction()
        try await withService { request, context, transaction in
            kept.keep(transaction)
            return try await ProtectedService.insert(request, context, transaction)
        } _: { service in
            #expect(try await service.send("/group", key: "k").status == .created)
            let transaction = try #require(kept.transaction)
            await #expect(throws: (any Error).self) {
                try await transaction.execute("INSERT INTO effects (note) VALUES ('late')")
            }
            #expect(try await service.effects() == ["coffee"])
        }
    }
}
