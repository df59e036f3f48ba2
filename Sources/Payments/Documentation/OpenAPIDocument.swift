import HummingbirdIdempotency

/// The document at `/openapi.yaml`: OpenAPI 3.1 of everything that the service answers.
///
/// Here stands what is about payments. Keys, and the answers that the protection gives, are added from the policies.
enum OpenAPIDocument {
    /// The whole document.
    static func complete(_ catalogue: IdempotencyCatalogue, hasBaseline: Bool) -> OpenAPIValue {
        var document = service
        if hasBaseline { document["paths"] = service["paths"]?.merging(benchmarkPaths) }
        return OpenAPIFragment(catalogue).merged(into: document)
    }

    private static let service: OpenAPIValue = [
        "openapi": "3.1.0",
        "info": [
            "title": "Payments", "version": "1.0.0",
            "license": ["name": "Apache 2.0", "identifier": "Apache-2.0"],
            "description": """
            A sample service that pays once, however often it is asked. Amounts are integers in minor units (cents).
            How keys work: [/docs/idempotency](/docs/idempotency).

            """,
        ],
        "servers": [["url": "/"]],
        "security": [["token": []]],
        "tags": [["name": "payments"], ["name": "accounts"], ["name": "service"]],
        "paths": accountPaths.merging(paymentPaths).merging(servicePaths),
        "components": [
            "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            "parameters": ["PaymentID": path("id", ["type": "string", "format": "uuid"])],
            "schemas": schemas,
        ],
    ]

    // MARK: Paths

    private static let paymentPaths: OpenAPIValue = [
        "/payments": [
            "post": [
                "operationId": "createPayment", "tags": ["payments"], "summary": "Pay from an account",
                "parameters": [],
                "requestBody": body(
                    "PaymentOrder",
                    example: ["account_id": 42, "amount": 1250, "currency": "EUR", "reference": "order-17"]),
                "responses": orderResponses,
            ],
            "get": [
                "operationId": "listPayments", "tags": ["payments"],
                "summary": "Find payments by reference, oldest first, at most 1000",
                "parameters": [["name": "reference", "in": "query", "required": true, "schema": ["type": "string"]]],
                "responses": [
                    "200": answer(
                        "The payments with this reference; an empty array if there are none.",
                        ["type": "array", "items": schema("Payment")]),
                    "400": problem(.invalidRequest), "401": unauthorized, "503": unavailable,
                ],
            ],
        ],
        "/payments/{id}": [
            "get": [
                "operationId": "getPayment", "tags": ["payments"], "summary": "A payment",
                "parameters": [["$ref": "#/components/parameters/PaymentID"]],
                "responses": [
                    "200": answer("The payment.", schema("Payment")),
                    "401": unauthorized, "404": problem(.notFound), "503": unavailable,
                ],
            ]
        ],
        "/payments/{id}/refunds": [
            "post": [
                "operationId": "createRefund", "tags": ["payments"], "summary": "Refund a payment, wholly or in part",
                "parameters": [["$ref": "#/components/parameters/PaymentID"]],
                "requestBody": body("RefundOrder", example: ["amount": 500]),
                "responses": [
                    "201": answer("Refunded.", schema("Refund")),
                    "400": problem(.invalidRequest), "401": unauthorized, "404": problem(.notFound),
                    "409": problem(.refundTooLarge),
                ],
            ]
        ],
    ]

    private static let accountPaths: OpenAPIValue = [
        "/accounts": [
            "post": [
                "operationId": "createAccount", "tags": ["accounts"], "summary": "Open an account", "parameters": [],
                "requestBody": body("NewAccount", example: ["balance": 100_000, "currency": "EUR"]),
                "responses": [
                    "201": created("Opened.", "Account"), "400": problem(.invalidRequest), "401": unauthorized,
                ],
            ]
        ],
        "/accounts/{id}": [
            "get": [
                "operationId": "getAccount", "tags": ["accounts"], "summary": "An account and its balance",
                "parameters": [path("id", schema("Number"))],
                "responses": [
                    "200": answer("The account.", schema("Account")),
                    "401": unauthorized, "404": problem(.notFound), "503": unavailable,
                ],
            ]
        ],
    ]

    private static let servicePaths: OpenAPIValue = [
        "/idempotency-keys/{key}": [
            "get": [
                "operationId": "getKeyStatus", "tags": ["service"],
                "summary": "What became of the request with a key",
                "parameters": [
                    path("key", ["type": "string", "pattern": "^(?:[!#-~][!-~]{0,254}|\"[!#-\\[\\]-~]{1,255}\")$"])
                ],
                "responses": [
                    "200": answer("How far it has come.", schema("KeyStatus")),
                    "400": problem("The key is malformed (key-malformed)."), "401": unauthorized,
                    "404": problem("Nothing is known of the key (key-unknown)."), "503": unavailable,
                ],
            ]
        ],
        "/health": [
            "get": service("getHealth", "Whether the process answers", ["200": status("ok")])
        ],
        "/ready": [
            "get": service(
                "getReadiness", "Whether the service can do its work", ["200": status("ready"), "503": unavailable])
        ],
        "/.well-known/idempotency": [
            "get": service(
                "getIdempotencyRules", "Which operations need a key, and how long it lives",
                ["200": answer("The rules.", ["type": "object", "required": ["header_fields", "routes"]])])
        ],
        "/docs/idempotency": [
            "get": service(
                "getIdempotencyPage", "How idempotency keys work, and what each problem type means",
                ["200": ["description": "The page.", "content": ["text/html": [:]]]])
        ],
        "/openapi.yaml": [
            "get": service(
                "getOpenAPI", "This document",
                ["200": ["description": "The document.", "content": ["application/yaml": [:]]]])
        ],
    ]

    /// The endpoints of `PAYMENTS_BASELINE=1`.
    private static let benchmarkPaths: OpenAPIValue = [
        "/unprotected/payments": [
            "post": [
                "operationId": "createUnprotectedPayment", "tags": ["benchmark"],
                "summary": "The same as POST /payments, in a plain transaction and without a key",
                "requestBody": body("PaymentOrder"),
                "responses": orderResponses.merging(["413": tooLarge, "503": unavailable]),
            ]
        ],
        "/hello": [
            "post": [
                "operationId": "hello", "tags": ["benchmark"], "summary": "An answer without the database",
                "security": [],
                "responses": ["200": ["description": "A greeting.", "content": ["text/plain": [:]]]],
            ]
        ],
    ]

    // MARK: Parts

    private static let orderResponses: OpenAPIValue = [
        "201": created("Paid.", "Payment"), "400": problem(.invalidRequest), "401": unauthorized,
        "402": problem(.insufficientBalance), "404": problem(.notFound),
    ]

    private static func service(_ id: String, _ summary: String, _ responses: OpenAPIValue) -> OpenAPIValue {
        [
            "operationId": .string(id), "tags": ["service"], "summary": .string(summary), "security": [],
            "responses": responses,
        ]
    }

    private static func path(_ name: String, _ schema: OpenAPIValue) -> OpenAPIValue {
        ["name": .string(name), "in": "path", "required": true, "schema": schema]
    }

    private static func schema(_ name: String) -> OpenAPIValue {
        ["$ref": "#/components/schemas/\(name)"]
    }

    private static func body(_ name: String, example: OpenAPIValue? = nil) -> OpenAPIValue {
        var content: OpenAPIValue = ["schema": schema(name)]
        content["example"] = example
        return ["required": true, "content": ["application/json": content]]
    }

    private static func answer(_ description: OpenAPIValue, _ schema: OpenAPIValue) -> OpenAPIValue {
        ["description": description, "content": ["application/json": ["schema": schema]]]
    }

    private static func created(_ description: OpenAPIValue, _ name: String) -> OpenAPIValue {
        [
            "description": description,
            "headers": [
                "Location": [
                    "description": "Where the resource is.", "required": true,
                    "schema": ["type": "string", "format": "uri-reference"],
                ]
            ],
            "content": ["application/json": ["schema": schema(name)]],
        ]
    }

    private static func status(_ status: String) -> OpenAPIValue {
        answer(
            "Yes.",
            [
                "type": "object", "required": ["status"],
                "properties": ["status": ["type": "string", "const": .string(status)]],
            ])
    }

    private static func problem(_ kind: PaymentsProblemKind) -> OpenAPIValue {
        problem("\(kind.title) (\(kind.rawValue)).")
    }

    private static func problem(_ description: OpenAPIValue) -> OpenAPIValue {
        ["description": description, "content": ["application/problem+json": ["schema": schema("Problem")]]]
    }

    private static let unauthorized = problem(.unauthorized)
        .merging(["headers": ["WWW-Authenticate": ["required": true, "schema": ["type": "string"]]]])

    private static let unavailable = problem("The database cannot be used (unavailable).")
        .merging(["headers": ["Retry-After": ["$ref": "#/components/headers/RetryAfter"]]])

    private static let tooLarge = problem("The body is over the limit.")

    // MARK: Schemas

    private static let schemas: OpenAPIValue = [
        "Amount": number(from: 1, "In minor units."),
        "Currency": ["type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217."],
        "Reference": [
            "type": ["string", "null"], "maxLength": .integer(PaymentOrder.maximumReference),
            "pattern": "^[^\\u0000]*$",
        ],
        "ID": ["type": "string", "format": "uuid"],
        "Number": number(from: 1, "Counted up from 1."),
        "Time": ["type": "string", "format": "date-time"],
        "Balance": number(from: 0, "In minor units."),
        "PaymentOrder": object(
            ["account_id": "Number", "amount": "Amount", "currency": "Currency", "reference": "Reference"],
            optional: ["reference"]),
        "Payment": object([
            "id": "ID", "account_id": "Number", "amount": "Amount", "currency": "Currency", "reference": "Reference",
            "created_at": "Time",
        ]).merging(["required": ["status"], "properties": ["status": ["type": "string", "const": "succeeded"]]]),
        "RefundOrder": object(["amount": "Amount"]),
        "Refund": object(["id": "ID", "payment_id": "ID", "amount": "Amount", "created_at": "Time"]),
        "NewAccount": object(["balance": "Balance", "currency": "Currency"]),
        "KeyStatus": [
            "type": "object", "required": ["state"],
            "properties": [
                "state": ["type": "string", "enum": ["in_progress", "done"]],
                "status": ["type": "integer", "description": "The status of the answer; with done."],
                "created_at": schema("Time"), "expires_at": schema("Time"),
            ],
        ],
        "Account": object(["id": "Number", "balance": "Balance", "currency": "Currency"]),
        "Problem": [
            "properties": [
                "field": ["type": "string", "description": "The field that is wrong, with invalid-request."]
            ]
        ],
    ]

    private static func number(from minimum: Int, _ description: OpenAPIValue) -> OpenAPIValue {
        [
            "type": "integer", "format": "int64", "minimum": .integer(minimum), "maximum": .integer(Int(Int64.max)),
            "description": description,
        ]
    }

    /// An object with members of the named schemas.
    private static func object(
        _ members: KeyValuePairs<String, String>, optional: Set<String> = []
    ) -> OpenAPIValue {
        var properties: OpenAPIValue = [:]
        for (name, type) in members { properties[name] = schema(type) }
        return [
            "type": "object",
            "required": .array(members.filter { !optional.contains($0.key) }.map { .string($0.key) }),
            "properties": properties,
        ]
    }
}
