/// The levels follow the verbs of each profile's source. Raised to MUST everywhere are only those without which a key means
/// nothing: one effect a key, and no answer for another principal, or for nobody.
extension Check {
    package static let all: [Check] = [
        bareKey, parameters, unterminatedString, emptyKey, longKey, nonASCII, space, letterCase, twoFields,
        expiresField, expiry,
        firstRequest, replayStatus, replayBody, replayFields, replayEffect, refusalReplayed,
        parallelEffect, parallelAnswers, hangUpInRequest, hangUpBeforeAnswer,
        missingKey, otherPayload, otherPayloadStatus, otherPayloadInFlight, otherEndpoint, otherQuery, errorFormat,
        otherPrincipal, noCredentials, noKeyEcho,
        replayMarker, retryAfter, tooLarge, date, setCookie,
        serverError, keyEcho, equalJSON, errorCodes,
    ]

    // MARK: Section 2.1, Syntax

    static let bareKey = Check(
        id: "2.1-bare-key",
        demand:
            "a key without quotation marks is refused with 400 (ietf: or accepted and honoured; stripe, acp: accepted)",
        source: "section 2.1: the value is a String of RFC 9651",
        levels: .init(ietf: .should, strict: .must, stripe: .must, acp: .must))
    static let parameters = Check(
        id: "2.1-parameters", demand: "parameters after the string are ignored: \"k\" and \"k\";p=1 are one key",
        source: "section 2.1: an Item; RFC 9651 section 3.3",
        levels: .init(ietf: .should, strict: .must, stripe: nil, acp: nil))
    static let unterminatedString = Check(
        id: "2.1-unterminated-string",
        demand: "a string without its second quotation mark is refused with 400, without effect",
        source: "section 2.1; RFC 9651 section 4.2: to be ignored, so that the key is missing (2.7)",
        levels: .init(ietf: .should, strict: .must, stripe: nil, acp: nil))
    static let emptyKey = Check(
        id: "2.1-empty-key", demand: "an empty field, and (ietf) an empty string, is refused with 400, without effect",
        source: "section 2.1 and RFC 9651 section 4.2; section 5: validate the key; ACP OpenAPI: minLength 1",
        levels: .init(ietf: .should, strict: .must, stripe: nil, acp: .should))
    static let longKey = Check(
        id: "2.1-long-key", demand: "a key of 256 characters is refused with 4xx, or honoured in its whole length",
        source: "section 5: validate the key as published; Stripe and ACP: at most 255 characters",
        levels: .all(.should))
    static let nonASCII = Check(
        id: "2.1-non-ascii", demand: "a key with bytes that are not ASCII is refused with 400, without effect",
        source: "section 2.1; RFC 9651 sections 3.3.3 and 4.2",
        levels: .init(ietf: .should, strict: .must, stripe: nil, acp: nil))
    static let space = Check(
        id: "2.1-space", demand: "a key with a space in it is refused with 400, or honoured in its whole length",
        source: "section 2.1: RFC 9651 allows spaces in a String; section 5: a server may narrow the format",
        levels: .init(ietf: .should, strict: .must, stripe: nil, acp: nil))
    static let letterCase = Check(
        id: "2.1-letter-case",
        demand: "two keys that differ in a letter's case only are two keys, or refused with 4xx",
        source: "addition; section 2.1: a String of RFC 9651; databases that compare text without regard to case",
        levels: .all(.should))
    static let twoFields = Check(
        id: "2.1-two-fields", demand: "a request with two Idempotency-Key lines is refused with 400, without effect",
        source: "section 2.1: not more than one; RFC 9110 section 5.3",
        levels: .init(ietf: .should, strict: .must, stripe: .may, acp: .may))

    // MARK: Section 2.3, Validity and Expiry

    static let expiresField = Check(
        id: "2.3-expires-field",
        demand: "answers say when the key expires: Idempotency-Key-Expires, a Date of RFC 9651, the same on replays",
        source: "addition; section 2.3 and 2.5 ask that the policy is published",
        levels: .init(ietf: .may, strict: .may, stripe: nil, acp: nil))
    static let expiry = Check(
        id: "2.3-expiry",
        demand:
            "the key replays within its window; after it a retry is a new request, or refused with 410 (stripe: or replayed)",
        source: "section 2.3; Stripe: at least 24 hours, then a new request; 410 is an addition",
        levels: .init(ietf: .should, strict: .must, stripe: .must, acp: nil))

    // MARK: Section 2.6, Enforcement Scenarios

    static let firstRequest = Check(
        id: "2.6-first-request",
        demand: "a first request is processed normally: a success, one effect, no marker of a replay",
        source: "section 2.6, first time request", levels: .all(.must))
    static let replayStatus = Check(
        id: "2.6-replay-status", demand: "a retry gets the first answer's status",
        source: "section 2.6, retry; Stripe; ACP 6.3",
        levels: .init(ietf: .should, strict: .must, stripe: .must, acp: .must))
    static let replayBody = Check(
        id: "2.6-replay-body", demand: "a retry gets the first answer's body, byte for byte",
        source: "section 2.6, retry; Stripe; ACP 6.3",
        levels: .init(ietf: .should, strict: .must, stripe: .must, acp: .must))
    static let replayFields = Check(
        id: "2.6-replay-fields",
        demand: "a retry gets the first answer's header fields, but for those of the connection or the moment",
        source: "section 2.6, retry; ACP 6.3: the original response",
        levels: .init(ietf: .should, strict: .must, stripe: .may, acp: .should))
    static let replayEffect = Check(
        id: "2.6-replay-effect", demand: "a retry has no effect of its own",
        source: "sections 1 and 2.6; Stripe; ACP 6.3", levels: .all(.must))
    static let refusalReplayed = Check(
        id: "2.6-refusal-replayed",
        demand: "a refusal (--refused-body) is answered again, same status and body, without effect",
        source: "section 2.6, retry: success or an error; Stripe; ACP 6.3",
        levels: .init(ietf: .should, strict: .must, stripe: .must, acp: .must))
    static let parallelEffect = Check(
        id: "2.6-parallel-effect", demand: "requests with one key at the same moment have one effect together",
        source: "sections 1 and 2.6, concurrent request; Stripe; ACP 6.3", levels: .all(.must))
    static let parallelAnswers = Check(
        id: "2.6-parallel-answers",
        demand: "requests with one key at the same moment get the first one's answer, or 409 (or 429, 503)",
        source: "sections 2.6, concurrent request, and 2.7; Stripe; ACP 6.4", levels: .all(.must))
    static let hangUpInRequest = Check(
        id: "2.6-hang-up-in-request",
        demand: "a client that hung up in the middle of its request succeeds with a retry, with one effect",
        source: "section 1: fault-tolerant; section 2.6", levels: .all(.must))
    static let hangUpBeforeAnswer = Check(
        id: "2.6-hang-up-before-answer",
        demand: "a client that hung up before the answer succeeds with a retry, with one effect",
        source: "section 1: fault-tolerant; section 2.6", levels: .all(.must))

    // MARK: Section 2.7, Error Scenarios

    static let missingKey = Check(
        id: "2.7-missing-key", demand: "a request without a key is refused with 400, without effect",
        source: "section 2.7; ACP 6.1", levels: .init(ietf: .should, strict: .must, stripe: nil, acp: .must))
    static let otherPayload = Check(
        id: "2.7-other-payload",
        demand: "another payload under a used key is refused without effect, and the first answer stays",
        source: "section 2.7: the server MUST fail the request; Stripe; ACP 6.4", levels: .all(.must))
    static let otherPayloadStatus = Check(
        id: "2.7-other-payload-status", demand: "the status of that refusal is 422 (stripe: 400 or 422)",
        source: "section 2.7; ACP 6.4", levels: .init(ietf: .should, strict: .must, stripe: .should, acp: .must))
    static let otherPayloadInFlight = Check(
        id: "2.7-other-payload-in-flight",
        demand:
            "of two payloads under one key at the same moment one succeeds, the other is refused with 409 or 422 (stripe: or 400)",
        source: "sections 2.6 and 2.7; Stripe; ACP 6.4", levels: .all(.must))
    static let otherEndpoint = Check(
        id: "2.7-other-endpoint",
        demand: "the key with another method, or below the path, does not get the stored answer",
        source: "addition to section 2.7; Stripe: only the same request; ACP 6.1: independent",
        levels: .init(ietf: .should, strict: .should, stripe: .should, acp: .must))
    static let otherQuery = Check(
        id: "2.7-other-query", demand: "the key with another query does not get the stored answer",
        source: "addition to section 2.7; Stripe: only the same parameters; ACP 6.2 compares bodies only",
        levels: .init(ietf: .may, strict: .should, stripe: .should, acp: nil))
    static let errorFormat = Check(
        id: "2.7-error-format",
        demand: "these refusals lead to documentation: problem+json with a type (ietf: or a Link with rel=describedby)",
        source: "section 2.7; RFC 9457", levels: .init(ietf: .should, strict: .must, stripe: nil, acp: nil))

    // MARK: Section 5, Security Considerations

    static let otherPrincipal = Check(
        id: "5-other-principal",
        demand: "another principal's request with the same key gets neither the stored answer nor news of it",
        source: "section 5 (recommended; raised to MUST); ACP 6.1", levels: .all(.must))
    static let noCredentials = Check(
        id: "5-no-credentials",
        demand: "a retry without the fields of --header gets no stored answer where a new request would be refused",
        source: "addition: who may ask is settled before the key is looked up; raised to MUST", levels: .all(.must))
    static let noKeyEcho = Check(
        id: "5-no-key-echo", demand: "refusals do not repeat the key",
        source: "addition: a key is the client's secret, and errors are logged",
        levels: .init(ietf: .should, strict: .should, stripe: nil, acp: nil))

    // MARK: Other sources

    static let replayMarker = Check(
        id: "stripe-replay-marker", demand: "a replay carries Idempotent-Replayed: true, a first answer does not",
        source: "Stripe, advanced error handling; ACP 6.3",
        levels: .init(ietf: .may, strict: .may, stripe: .must, acp: .should))
    static let retryAfter = Check(
        id: "rfc9110-retry-after", demand: "409 says when to try again: Retry-After",
        source: "RFC 9110 section 10.2.3; ACP 6.4",
        levels: .init(ietf: .should, strict: .should, stripe: nil, acp: .should))
    static let tooLarge = Check(
        id: "rfc9110-too-large",
        demand: "a body over the limit (--oversize) is refused with 413, and the key stays free",
        source: "RFC 9110 section 15.5.14; the key is an addition",
        levels: .init(ietf: .should, strict: .should, stripe: .may, acp: .may))
    static let date = Check(
        id: "rfc9110-date", demand: "a replay has a Date of its own",
        source: "RFC 9110 section 6.6.1", levels: .init(ietf: .should, strict: .should, stripe: .may, acp: .may))
    static let setCookie = Check(
        id: "rfc6265-set-cookie", demand: "a replay does not set the first answer's cookies again",
        source: "addition: a cookie may be a session of its own; RFC 6265 section 3",
        levels: .init(ietf: .should, strict: .should, stripe: .may, acp: .may))
    static let serverError = Check(
        id: "acp-6.5-server-error", demand: "an answer of 5xx (--failing-body) is not stored: a retry runs again",
        source: "ACP 6.5; an addition to the draft; Stripe's API v1 stores them",
        levels: .init(ietf: .should, strict: .should, stripe: nil, acp: .must))
    static let keyEcho = Check(
        id: "acp-3.1-key-echo", demand: "answers carry the request's Idempotency-Key",
        source: "ACP 3.1", levels: .init(ietf: nil, strict: nil, stripe: nil, acp: .should))
    static let equalJSON = Check(
        id: "acp-6.2-equal-json", demand: "the same JSON with its members in another order is the same request",
        source: "ACP 6.2", levels: .init(ietf: nil, strict: nil, stripe: nil, acp: .must))
    static let errorCodes = Check(
        id: "acp-6.4-error-codes",
        demand:
            "refusals are flat JSON with ACP's codes: idempotency_key_required, idempotency_conflict, idempotency_in_flight",
        source: "ACP 6.1 and 6.4", levels: .init(ietf: nil, strict: nil, stripe: nil, acp: .must))
}
