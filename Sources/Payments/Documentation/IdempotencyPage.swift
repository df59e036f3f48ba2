// swift-format-ignore-file: the page's lines are as long as HTML wants them.

import Idempotency

/// The page at `/docs/idempotency`: what a key does, and a section for each problem type.
enum IdempotencyPage {
    /// HTML without scripts, fonts or anything else from elsewhere, with the times of the policy.
    static func html(_ policy: IdempotencyPolicy) -> String {
        #"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Idempotency keys - payments</title>
        <style>
        body { font: 1rem/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1e; }
        h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; } h3 { margin-bottom: .2rem; }
        code, pre { font-family: ui-monospace, monospace; font-size: .92em; background: #f3f3f6; border-radius: 4px; }
        code { padding: .1em .3em; } pre { padding: .8rem; overflow-x: auto; }
        .status { font-weight: normal; color: #6b6b70; } section:target h3 { background: #fff3c4; }
        table { border-collapse: collapse; } td, th { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd; }
        @media (prefers-color-scheme: dark) { body { background: #16161a; color: #e6e6ea; } code, pre { background: #26262c; } section:target h3 { background: #574a10; } a { color: #8ab4ff; } td, th { border-color: #3a3a40; } }
        </style>
        </head>
        <body>
        <h1>Idempotency keys</h1>
        <p>A network can lose the answer to a request that was carried out. To make it safe to ask again, every request of this
        service that changes something carries a key of your choice in the header field <code>Idempotency-Key</code>. However often you
        send the same request with the same key, it is carried out at most once, and every retry gets the first answer.</p>
        <pre>curl http://127.0.0.1:8080/payments \
          -H 'Authorization: Bearer acme-token' \
          -H 'Idempotency-Key: "9b2f4c1e-order-17"' \
          -H 'Content-Type: application/json' \
          -d '{"account_id": 42, "amount": 1250, "currency": "EUR", "reference": "order-17"}'</pre>

        <h2 id="rules">The rules</h2>
        <ul>
        <li>Make a new key for each operation, for instance a random UUID, <em>before</em> the first try; keep it until you have the
        answer, and send it with every retry. Retry whenever you got no answer, a 503, or a 409 of type <a href="#in-flight">in-flight</a>.</li>
        <li>A key is 1 to 255 characters of visible ASCII. \#(spelling(policy.keySyntax))</li>
        <li>A retry repeats method, path, query, content type and body exactly, byte for byte. Anything else with the same key is refused
        with 422.</li>
        <li>A replayed answer has the same status, header fields and body as the first, and the header field
        <code>Idempotent-Replayed: true</code>.</li>
        <li>Each answer that is kept says until when in <code>Idempotency-Key-Expires</code>: seconds since 1970, written
        <code>@1764099197</code> (a Date of RFC 9651).</li>
        <li>A retry that comes while the first request runs waits for it, \#(policy.waitBudget.inWords) unless <code>Prefer: wait=N</code> asks for another time
        in seconds, at most \#(policy.maximumPreferredWait.components.seconds). <code>Preference-Applied</code> says how long it was; 0 is answered at once.</li>
        <li>Which operations need a key, and for how long it lives, a program reads at
        <a href="/.well-known/idempotency">/.well-known/idempotency</a>. What became of a request with a key you can ask at
        <code>GET /idempotency-keys/{key}</code>; sending the request again is never wrong, and needs no asking.</li>
        <li>Keys belong to whoever authenticated: nobody else's key can meet yours.</li>
        <li>An answer is kept for \#(policy.retention.inWords), counted from the first request. After that, the key is new again: do not retry later than that.</li>
        </ul>

        <h2 id="stored">What is stored and what is not</h2>
        <table>
        <tr><th>The first request ended with</th><th>A retry with the same key</th></tr>
        <tr><td>2xx</td><td>gets that answer again; nothing happens twice</td></tr>
        <tr><td>402, 404, 409, 422 from the operation itself</td><td>gets that answer again; nothing was changed. To try anew, for instance after adding money to the account, use a new key</td></tr>
        <tr><td>400, 401, 413</td><td>is carried out: correct the request and send it again, with the same key or a new one</td></tr>
        <tr><td>5xx, or no answer</td><td>is carried out if the first was not, and gets the first answer if it was</td></tr>
        </table>

        <h2 id="problems">Problem types</h2>
        <p>Errors are <code>application/problem+json</code> (RFC 9457). Decide by <code>type</code> and status; <code>title</code> and
        <code>detail</code> are for people and may change.</p>

        <section id="key-missing"><h3>key-missing <span class="status">400</span></h3>
        <p>The operation needs an <code>Idempotency-Key</code> and the request has none. Nothing happened. Make a key and send the request
        with it; keep the key for retries.</p></section>

        <section id="key-malformed"><h3>key-malformed <span class="status">400</span></h3>
        <p>The key is empty, longer than 255 characters, contains something other than visible ASCII, is a broken quoted string, or the field
        was sent several times. Nothing happened. Correct the way in which your client makes or sends keys.</p></section>

        <section id="in-flight"><h3>in-flight <span class="status">409</span></h3>
        <p>The first request with this key still runs, and it did not end while this one waited. Wait as long as
        <code>Retry-After</code> says and retry with the same key: you will get the first request's answer. Do <em>not</em> use a new
        key, which would carry out the operation a second time.</p></section>

        <section id="mismatch"><h3>mismatch <span class="status">422</span></h3>
        <p>The key was already used for a request that differed in method, path, query, content type or body. Nothing happened, and the
        first request's answer is still there. If this is a new operation, use a new key. If it is a retry, send exactly the bytes of the
        first try: serialize the body once and keep it.</p></section>

        <section id="key-expired"><h3>key-expired <span class="status">410</span></h3>
        <p>The key was used longer ago than answers are kept, and the operation refuses retries that come so late instead of carrying them
        out as new. Nothing happened now. Find out what became of the first request, for instance by looking for its
        <code>reference</code>, before you use a new key.</p></section>

        <section id="too-many-new-keys"><h3>too-many-new-keys <span class="status">429</span></h3>
        <p>You have used more new keys in a short time than the operation allows. Nothing happened, and nothing was stored. Wait as long as
        <code>Retry-After</code> says and send the request again with the same key. Retries of requests that were carried out are not
        limited.</p></section>

        <section id="answer-withheld"><h3>answer-withheld <span class="status">409</span></h3>
        <p>The first request with this key was carried out, and its answer is not given a second time, for instance because it held a
        secret. Nothing was done again, and retrying does not help. <code>Location</code>, if there is one, names what the first request
        made.</p></section>

        <section id="key-unknown"><h3>key-unknown <span class="status">404</span></h3>
        <p>The answer to <code>GET /idempotency-keys/{key}</code> when no request of yours with this key runs or is stored: none was sent, it
        was not carried out, or its time is over. A request with the key will be carried out.</p></section>

        <section id="request-headers-too-large"><h3>request-headers-too-large <span class="status">431</span></h3>
        <p>The request's header fields are larger together than the operation accepts (32 KiB unless the operation says otherwise). Nothing
        happened. Send fewer or shorter ones.</p></section>

        <section id="request-too-large"><h3>request-too-large <span class="status">413</span></h3>
        <p>The request's body is larger than the operation accepts (1 MiB unless the operation says otherwise). Nothing happened. Send less.</p></section>

        <section id="response-too-large"><h3>response-too-large <span class="status">500</span></h3>
        <p>The operation's answer, its body or its header fields, was larger than what can be stored for replays, or did not end. The operation was undone and the key is
        free. This is a fault of the service; retrying is safe but will not help until it is mended.</p></section>

        <section id="unavailable"><h3>unavailable <span class="status">503</span></h3>
        <p>The database cannot be reached or has no capacity left, or the operation took too long and was undone. The operation does not run
        without protection. Wait as long as
        <code>Retry-After</code> says, then retry with the same key, with growing pauses.</p></section>

        <section id="outcome-unknown"><h3>outcome-unknown <span class="status">503</span></h3>
        <p>The connection to the database was lost at the very moment of the commit, and whether it took place could not be found out in
        time. Retry with the same key: the retry asks the database again, gets the first answer if the operation was carried out, and
        carries it out if not. Do <em>not</em> use a new key.</p></section>

        <section id="outcome-unreadable"><h3>outcome-unreadable <span class="status">500</span></h3>
        <p>What is stored under this key cannot be read: it is encrypted under a key that the service does not have now, or was damaged.
        Nothing was done now; an earlier request may have been carried out. This is a fault of the service: retrying with the same key
        is safe, and helps when it is mended. Do <em>not</em> use a new key.</p></section>

        <section id="internal-error"><h3>internal-error <span class="status">500</span></h3>
        <p>A fault of the service. Nothing was carried out. Retrying with the same key is safe.</p></section>

        <section id="invalid-request"><h3>invalid-request <span class="status">400</span></h3>
        <p>The body is not valid JSON, or a field is missing, of the wrong kind or out of range; the member <code>field</code> names it.
        Nothing happened and nothing was stored: correct the request and send it again.</p></section>

        <section id="unauthorized"><h3>unauthorized <span class="status">401</span></h3>
        <p>The request has no token, or one that is not known. Send <code>Authorization: Bearer TOKEN</code>. Nothing was stored.</p></section>

        <section id="insufficient-balance"><h3>insufficient-balance <span class="status">402</span></h3>
        <p>The account's balance is smaller than the amount. Nothing was changed, and this answer is stored: a retry with the same key gets it
        again, even if the balance has grown meanwhile. To try again, use a new key.</p></section>

        <section id="not-found"><h3>not-found <span class="status">404</span></h3>
        <p>There is no such account or payment, at least not among yours. In answer to an operation with a key it is stored like 402.</p></section>

        <section id="refund-too-large"><h3>refund-too-large <span class="status">409</span></h3>
        <p>With this refund, more than the payment would have been refunded. Nothing was changed, and this answer is stored. Look at what is left
        of the payment, and use a new key for another amount.</p></section>

        <h2 id="sources">Sources</h2>
        <p>draft-ietf-httpapi-idempotency-key-header-07 (the header field), RFC 9651 (its syntax), RFC 9457 (problem details), RFC 9110 (HTTP).
        The whole interface is described in <a href="/openapi.yaml">/openapi.yaml</a>.</p>
        </body>
        </html>

        """#
    }
}

extension IdempotencyPage {
    private static func spelling(_ syntax: IdempotencyKey.Syntax) -> String {
        switch syntax {
        case .lenient: #"<code>"abc"</code> (a string of RFC 9651) and <code>abc</code> are the same key."#
        case .strict: #"It is sent in quotation marks, as a string of RFC 9651: <code>"abc"</code>."#
        }
    }
}

extension Duration {
    /// Whole hours, minutes or seconds, in the largest unit of which it is a multiple; less than a second as it is.
    fileprivate var inWords: String {
        let seconds = components.seconds
        guard self == .seconds(seconds), seconds > 0 else { return "\(self)" }
        for (unit, size) in [("hour", 3600), ("minute", 60)] as [(String, Int64)] where seconds.isMultiple(of: size) {
            return "\(seconds / size) \(unit)\(seconds == size ? "" : "s")"
        }
        return "\(seconds) second\(seconds == 1 ? "" : "s")"
    }
}
