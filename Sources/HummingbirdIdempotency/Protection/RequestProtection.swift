import HTTPTypes
import Hummingbird
import Idempotency
import LibPQ
import Logging
import NIOCore
import NIOHTTP1

/// One protected request's way: the shared body of the middleware and of the route form.
///
/// Header limit, key, scope, body and fingerprint first, all without a database; then `perform`, with the handler inside; then the
/// response.
struct RequestProtection<Context: RequestContext>: Sendable {
    typealias Scope = @Sendable (Request, Context) async throws -> String

    let idempotency: Idempotency
    let policy: IdempotencyPolicy
    let options: IdempotencyOptions
    let render: ReplayRenderer<Context>?
    let scope: Scope

    /// - Precondition: the policy is valid, and there is a renderer if its replays need one; the message says what is wrong.
    init(
        _ idempotency: Idempotency, policy: IdempotencyPolicy?, options: IdempotencyOptions,
        render: ReplayRenderer<Context>?, scope: @escaping Scope
    ) {
        let policy = policy ?? idempotency.policy
        do throws(IdempotencyError) {
            try policy.validate()
        } catch {
            preconditionFailure(error.message)
        }
        precondition(
            policy.replay != .reference || render != nil,
            "The policy cannot be used: replay is .reference, and the route has no render: closure that answers replays."
        )
        self.idempotency = idempotency
        self.policy = policy
        self.options = options
        self.render = render
        self.scope = scope
    }

    /// Answers a request at most once for its key.
    ///
    /// - Parameter handler: the work. May run several times for one request (after a serialization failure), each time in a
    ///   transaction of its own and with the body to be read from the start.
    /// - Throws: ``Problem`` for what the protection answers itself; the handler's own errors as they were thrown, but a
    ///   `PostgresError` after which a retry may succeed, which becomes a problem.
    func respond(
        to request: Request, context: Context,
        handler: (Request, Context, PostgresTransaction) async throws -> Response
    ) async throws -> Response {
        try requireSmallHeaders(request)
        try requireSingleProtection(context)
        let key = try key(of: request)
        let scope = try await scope(request, context)
        let (request, fingerprint) = try await collect(request)
        let preference = WaitPreference(parsing: request.headers[values: .prefer], upTo: policy.maximumPreferredWait)
        var policy = policy
        if let preference { policy.waitBudget = preference.wait }
        func finalOutcome(of error: any Error) async throws -> Outcome? {
            try await self.finalOutcome(of: error, request: request, context: context)
        }
        let performed: Performed
        do {
            performed = try await idempotency.perform(
                scope: scope, key: key, fingerprint: fingerprint, under: policy,
                finalOutcome: finalOutcome
            ) { transaction in
                let response = try await handler(request, context, transaction)
                return try await capture(response, context: context)
            }
        } catch {
            throw answer(to: error, preference: preference, context: context)
        }
        var response =
            performed.disposition == .replayed
            ? try await replay(performed, to: request, preference: preference, context: context)
            : Response(performed.outcome)
        response.mark(performed, preference: preference)
        return response
    }

    private func requireSmallHeaders(_ request: Request) throws {
        let limit = policy.maximumRequestHeaders
        guard request.headers.size > limit else { return }
        throw Problem(
            .requestHeadersTooLarge, options: options,
            detail: "The header fields of the request are larger than \(limit) bytes.")
    }

    /// Two protections round one handler would wait for each other: the inner one claims the key that the outer one holds.
    private func requireSingleProtection(_ context: Context) throws {
        guard let protected = context as? any IdempotencyRequestContext, protected.idempotency.transaction != nil else {
            return
        }
        context.logger.error(
            "The route is protected twice; remove the IdempotencyMiddleware or the idempotent: argument",
            metadata: ["route": "\(context.endpointPath ?? "unknown")"])
        throw Problem(.internalError, options: options)
    }

    private func key(of request: Request) throws -> IdempotencyKey {
        do throws(KeyError) {
            return try IdempotencyKey(parsing: request.headers[values: .idempotencyKey], syntax: policy.keySyntax)
        } catch {
            if error.code == .missing { throw Problem(.keyMissing, options: options) }
            throw Problem(.keyMalformed, options: options, detail: error.message)
        }
    }

    /// Reads the body, so that the fingerprint can cover it and the handler can read it as often as it runs.
    private func collect(_ request: Request) async throws -> (Request, Fingerprint) {
        let limit = policy.maximumRequestBody
        let length = request.headers[.contentLength].flatMap { Int($0) }
        // Refused before a byte of it is read, when the client says how much it would be.
        if let length, length > limit { throw tooLarge(limit) }
        var request = request
        let body: ByteBuffer
        do {
            body = try await request.collectBody(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw tooLarge(limit)
        } catch let error as HTTPParserError {
            throw brokenOff(error)
        }
        // A body over HTTP/2 whose connection ends looks like a body that ends. (Decoded, it may have any length.)
        if let length, body.readableBytes < length, request.headers[.contentEncoding] == nil { throw brokenOff() }
        return (request, try policy.fingerprint.fingerprint(of: request.head, body: Array(buffer: body)))
    }

    private func tooLarge(_ limit: Int) -> Problem {
        Problem(.requestTooLarge, options: options, detail: "The body of the request is larger than \(limit) bytes.")
    }

    /// The client's fault or its network's, and no 500: who can still read the answer should not take it for ours.
    private func brokenOff(_ error: (any Error)? = nil) -> Problem {
        Problem(
            status: .badRequest, detail: "The body of the request breaks off or is malformed. Nothing was carried out.",
            underlying: error)
    }

    private func capture(_ response: Response, context: Context) async throws -> Outcome {
        try await response.captured(
            limit: policy.maximumResponseBody, timeLimit: options.captureDeadline, logger: context.logger)
    }

    /// What a thrown error answers, if that answer is final by the policy.
    private func finalOutcome(of error: any Error, request: Request, context: Context) async throws -> Outcome? {
        // The router's own answer where there is no route: another version of the service may have one.
        guard context.endpointPath != "NotFound" else { return nil }
        guard let error = error as? any HTTPResponseError, isFinal(error, answering: error.status) else { return nil }
        let response = try error.response(from: request, context: context)
        // An error's response may have another status than the error; what the client sees decides.
        guard response.status == error.status || isFinal(error, answering: response.status) else { return nil }
        return try await capture(response, context: context)
    }

    private func isFinal(_ error: any Error, answering status: HTTPResponse.Status) -> Bool {
        guard status.kind == .clientError else { return false }
        return policy.isFinal?(error, status.code) ?? policy.finalStatuses.contains(status.code)
    }

    /// A replay, as far as row and policy allow one.
    private func replay(
        _ performed: Performed, to request: Request, preference: WaitPreference?, context: Context
    ) async throws -> Response {
        switch performed.form(under: policy) {
        case .snapshot:
            return Response(performed.outcome.replayable)
        case .reference:
            if let render {
                return try await render(request, context, StoredReference(performed.outcome))
                    .response(from: request, context: context)
            }
            context.logger.warning(
                "Only a reference to the answer is stored, and the route has no render: closure",
                metadata: ["route": "\(context.endpointPath ?? "unknown")"])
        case .none:
            break
        }
        var problem = refusal(.answerWithheld, preference: preference, context: context)
        problem.headers[.location] = performed.outcome.headers[.location]
        throw problem
    }

    /// The error that leaves: a problem where the protection has something to say, else the one that came.
    private func answer(to error: any Error, preference: WaitPreference?, context: Context) -> any Error {
        guard let kind = ProblemKind(failure: error) else { return error }
        return refusal(kind, underlying: error, preference: preference, context: context)
    }

    private func refusal(
        _ kind: ProblemKind, underlying: (any Error)? = nil, preference: WaitPreference?, context: Context
    ) -> Problem {
        if kind.status.kind == .clientError {
            context.logger.debug("Request refused", metadata: ["idempotency.problem": "\(kind.rawValue)"])
        } else {
            // Descriptions, never debug descriptions: those quote SQL and data.
            let cause = (underlying as? IdempotencyError)?.underlying as? PostgresError
            context.logger.error(
                "Request failed",
                metadata: [
                    "idempotency.problem": "\(kind.rawValue)",
                    "error": "\(underlying.map(String.init(describing:)) ?? "none")",
                    "cause": "\(cause.map(String.init(describing:)) ?? "none")",
                ])
        }
        var problem = Problem(kind, options: options, underlying: underlying)
        if let preference { problem.headers.append(preference.applied) }
        return problem
    }
}
