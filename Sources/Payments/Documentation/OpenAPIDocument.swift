// swift-format-ignore-file: the document's lines are as long as YAML wants them.

/// The document at `/openapi.yaml`: OpenAPI 3.1 of everything that the service answers.
enum OpenAPIDocument {
    /// YAML.
    static let yaml = #"""
        openapi: 3.1.0
        info:
          title: Payments
          version: 1.0.0
          license:
            name: Apache 2.0
            identifier: Apache-2.0
          description: |
            A sample service that pays once, however often it is asked. Amounts are integers in minor units (cents).
            How keys work: [/docs/idempotency](/docs/idempotency).
        servers:
          - url: /
        security:
          - token: []
        tags:
          - name: payments
          - name: accounts
          - name: service
          - name: benchmark
            description: Only with PAYMENTS_BASELINE=1.
        paths:
          /payments:
            post:
              operationId: createPayment
              tags: [payments]
              summary: Pay from an account
              parameters:
                - $ref: '#/components/parameters/IdempotencyKey'
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: '#/components/schemas/PaymentOrder' }
                    example: { account_id: 42, amount: 1250, currency: EUR, reference: order-17 }
              responses:
                '201':
                  description: Paid.
                  headers:
                    Location: { $ref: '#/components/headers/Location' }
                    Idempotent-Replayed: { $ref: '#/components/headers/IdempotentReplayed' }
                  content:
                    application/json:
                      schema: { $ref: '#/components/schemas/Payment' }
                '400': { $ref: '#/components/responses/BadRequest' }
                '401': { $ref: '#/components/responses/Unauthorized' }
                '402': { $ref: '#/components/responses/InsufficientBalance' }
                '404': { $ref: '#/components/responses/NotFound' }
                '409': { $ref: '#/components/responses/InFlight' }
                '413': { $ref: '#/components/responses/TooLarge' }
                '422': { $ref: '#/components/responses/Mismatch' }
                '500': { $ref: '#/components/responses/InternalError' }
                '503': { $ref: '#/components/responses/Unavailable' }
            get:
              operationId: listPayments
              tags: [payments]
              summary: Find payments by reference, oldest first, at most 1000
              parameters:
                - name: reference
                  in: query
                  required: true
                  schema: { type: string }
              responses:
                '200':
                  description: The payments with this reference; an empty array if there are none.
                  content:
                    application/json:
                      schema:
                        type: array
                        items: { $ref: '#/components/schemas/Payment' }
                '400': { $ref: '#/components/responses/BadRequest' }
                '401': { $ref: '#/components/responses/Unauthorized' }
                '503': { $ref: '#/components/responses/Unavailable' }
          /payments/{id}:
            get:
              operationId: getPayment
              tags: [payments]
              summary: A payment
              parameters:
                - $ref: '#/components/parameters/PaymentID'
              responses:
                '200':
                  description: The payment.
                  content:
                    application/json:
                      schema: { $ref: '#/components/schemas/Payment' }
                '401': { $ref: '#/components/responses/Unauthorized' }
                '404': { $ref: '#/components/responses/NotFound' }
                '503': { $ref: '#/components/responses/Unavailable' }
          /payments/{id}/refunds:
            post:
              operationId: createRefund
              tags: [payments]
              summary: Refund a payment, wholly or in part
              parameters:
                - $ref: '#/components/parameters/PaymentID'
                - $ref: '#/components/parameters/IdempotencyKey'
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: '#/components/schemas/RefundOrder' }
                    example: { amount: 500 }
              responses:
                '201':
                  description: Refunded.
                  headers:
                    Idempotent-Replayed: { $ref: '#/components/headers/IdempotentReplayed' }
                  content:
                    application/json:
                      schema: { $ref: '#/components/schemas/Refund' }
                '400': { $ref: '#/components/responses/BadRequest' }
                '401': { $ref: '#/components/responses/Unauthorized' }
                '404': { $ref: '#/components/responses/NotFound' }
                '409': { $ref: '#/components/responses/RefundConflict' }
                '413': { $ref: '#/components/responses/TooLarge' }
                '422': { $ref: '#/components/responses/Mismatch' }
                '500': { $ref: '#/components/responses/InternalError' }
                '503': { $ref: '#/components/responses/Unavailable' }
          /accounts:
            post:
              operationId: createAccount
              tags: [accounts]
              summary: Open an account
              parameters:
                - $ref: '#/components/parameters/IdempotencyKey'
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: '#/components/schemas/NewAccount' }
                    example: { balance: 100000, currency: EUR }
              responses:
                '201':
                  description: Opened.
                  headers:
                    Location: { $ref: '#/components/headers/Location' }
                    Idempotent-Replayed: { $ref: '#/components/headers/IdempotentReplayed' }
                  content:
                    application/json:
                      schema: { $ref: '#/components/schemas/Account' }
                '400': { $ref: '#/components/responses/BadRequest' }
                '401': { $ref: '#/components/responses/Unauthorized' }
                '409': { $ref: '#/components/responses/InFlight' }
                '413': { $ref: '#/components/responses/TooLarge' }
                '422': { $ref: '#/components/responses/Mismatch' }
                '500': { $ref: '#/components/responses/InternalError' }
                '503': { $ref: '#/components/responses/Unavailable' }
          /accounts/{id}:
            get:
              operationId: getAccount
              tags: [accounts]
              summary: An account and its balance
              parameters:
                - name: id
                  in: path
                  required: true
                  schema: { type: integer, format: int64 }
              responses:
                '200':
                  description: The account.
                  content:
                    application/json:
                      schema: { $ref: '#/components/schemas/Account' }
                '401': { $ref: '#/components/responses/Unauthorized' }
                '404': { $ref: '#/components/responses/NotFound' }
                '503': { $ref: '#/components/responses/Unavailable' }
          /health:
            get:
              operationId: getHealth
              tags: [service]
              summary: Whether the process answers
              security: []
              responses:
                '200': { $ref: '#/components/responses/Status' }
          /ready:
            get:
              operationId: getReadiness
              tags: [service]
              summary: Whether the service can do its work
              security: []
              responses:
                '200': { $ref: '#/components/responses/Status' }
                '503': { $ref: '#/components/responses/Unavailable' }
          /docs/idempotency:
            get:
              operationId: getIdempotencyPage
              tags: [service]
              summary: How idempotency keys work, and what each problem type means
              security: []
              responses:
                '200':
                  description: The page.
                  content:
                    text/html: {}
          /openapi.yaml:
            get:
              operationId: getOpenAPI
              tags: [service]
              summary: This document
              security: []
              responses:
                '200':
                  description: The document.
                  content:
                    application/yaml: {}
          /unprotected/payments:
            post:
              operationId: createUnprotectedPayment
              tags: [benchmark]
              summary: The same as POST /payments, in a plain transaction and without a key
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: '#/components/schemas/PaymentOrder' }
              responses:
                '201':
                  description: Paid.
                  headers:
                    Location: { $ref: '#/components/headers/Location' }
                  content:
                    application/json:
                      schema: { $ref: '#/components/schemas/Payment' }
                '400': { $ref: '#/components/responses/BadRequest' }
                '401': { $ref: '#/components/responses/Unauthorized' }
                '402': { $ref: '#/components/responses/InsufficientBalance' }
                '404': { $ref: '#/components/responses/NotFound' }
                '503': { $ref: '#/components/responses/Unavailable' }
          /hello:
            post:
              operationId: hello
              tags: [benchmark]
              summary: An answer without the database
              security: []
              responses:
                '200':
                  description: A greeting.
                  content:
                    text/plain: {}
        components:
          securitySchemes:
            token:
              type: http
              scheme: bearer
          parameters:
            IdempotencyKey:
              name: Idempotency-Key
              in: header
              required: true
              description: |
                Your name for this operation: 1 to 255 characters of visible ASCII, as a string of RFC 9651 ("...") or bare. Make a new one
                for each operation and repeat it with every retry. See [/docs/idempotency](/docs/idempotency).
              schema: { type: string, minLength: 1 }
              example: '"9b2f4c1e-order-17"'
            PaymentID:
              name: id
              in: path
              required: true
              schema: { type: string, format: uuid }
          headers:
            IdempotentReplayed:
              description: '"true" when this is the stored answer of an earlier request; absent from a first answer.'
              schema: { type: string, const: 'true' }
            Location:
              description: Where the new thing is.
              schema: { type: string, format: uri-reference }
            RetryAfter:
              description: Seconds to wait before the retry.
              schema: { type: integer, minimum: 1 }
          responses:
            BadRequest:
              description: The key is missing (key-missing) or malformed (key-malformed), or the request is invalid (invalid-request; the member field names what is wrong). Not stored.
              content:
                application/problem+json:
                  schema: { $ref: '#/components/schemas/Problem' }
            Unauthorized:
              description: No token, or an unknown one (unauthorized).
              headers:
                WWW-Authenticate:
                  schema: { type: string }
              content:
                application/problem+json:
                  schema: { $ref: '#/components/schemas/Problem' }
            InsufficientBalance:
              description: The balance is smaller than the amount (insufficient-balance). Stored and replayed where a key is used.
              headers:
                Idempotent-Replayed: { $ref: '#/components/headers/IdempotentReplayed' }
              content:
                application/problem+json:
                  schema: { $ref: '#/components/schemas/Problem' }
            NotFound:
              description: There is no such thing among yours (not-found). Stored and replayed where a key is used.
              headers:
                Idempotent-Replayed: { $ref: '#/components/headers/IdempotentReplayed' }
              content:
                application/problem+json:
                  schema: { $ref: '#/components/schemas/Problem' }
            InFlight:
              description: The first request with this key still runs (in-flight). Retry with the same key.
              headers:
                Retry-After: { $ref: '#/components/headers/RetryAfter' }
              content:
                application/problem+json:
                  schema: { $ref: '#/components/schemas/Problem' }
            RefundConflict:
              description: More than the payment would be refunded (refund-too-large; stored and replayed), or the first request with this key still runs (in-flight, with Retry-After).
              headers:
                Retry-After: { $ref: '#/components/headers/RetryAfter' }
                Idempotent-Replayed: { $ref: '#/components/headers/IdempotentReplayed' }
              content:
                application/problem+json:
                  schema: { $ref: '#/components/schemas/Problem' }
            TooLarge:
              description: The body is over the limit (request-too-large).
              content:
                application/problem+json:
                  schema: { $ref: '#/components/schemas/Problem' }
            Mismatch:
              description: The key was used for another request (mismatch).
              content:
                application/problem+json:
                  schema: { $ref: '#/components/schemas/Problem' }
            InternalError:
              description: A fault of the service; nothing was changed or stored.
              content:
                application/problem+json:
                  schema: { $ref: '#/components/schemas/Problem' }
            Unavailable:
              description: The database cannot be used (unavailable), or the outcome is not known yet (outcome-unknown). Retry with the same key.
              headers:
                Retry-After: { $ref: '#/components/headers/RetryAfter' }
              content:
                application/problem+json:
                  schema: { $ref: '#/components/schemas/Problem' }
            Status:
              description: Yes.
              content:
                application/json:
                  schema:
                    type: object
                    required: [status]
                    properties:
                      status: { type: string, enum: [ok, ready] }
          schemas:
            Amount:
              type: integer
              format: int64
              minimum: 1
              description: In minor units.
            Currency:
              type: string
              pattern: '^[A-Z]{3}$'
              description: ISO 4217.
            PaymentOrder:
              type: object
              required: [account_id, amount, currency]
              properties:
                account_id: { type: integer, format: int64 }
                amount: { $ref: '#/components/schemas/Amount' }
                currency: { $ref: '#/components/schemas/Currency' }
                reference: { type: [string, 'null'], maxLength: 140 }
            Payment:
              type: object
              required: [id, account_id, amount, currency, reference, status, created_at]
              properties:
                id: { type: string, format: uuid }
                account_id: { type: integer, format: int64 }
                amount: { $ref: '#/components/schemas/Amount' }
                currency: { $ref: '#/components/schemas/Currency' }
                reference: { type: [string, 'null'], maxLength: 140 }
                status: { type: string, const: succeeded }
                created_at: { type: string, format: date-time }
            RefundOrder:
              type: object
              required: [amount]
              properties:
                amount: { $ref: '#/components/schemas/Amount' }
            Refund:
              type: object
              required: [id, payment_id, amount, created_at]
              properties:
                id: { type: string, format: uuid }
                payment_id: { type: string, format: uuid }
                amount: { $ref: '#/components/schemas/Amount' }
                created_at: { type: string, format: date-time }
            NewAccount:
              type: object
              required: [balance, currency]
              properties:
                balance: { type: integer, format: int64, minimum: 0 }
                currency: { $ref: '#/components/schemas/Currency' }
            Account:
              type: object
              required: [id, balance, currency]
              properties:
                id: { type: integer, format: int64 }
                balance: { type: integer, format: int64, minimum: 0 }
                currency: { $ref: '#/components/schemas/Currency' }
            Problem:
              type: object
              description: RFC 9457. The type is a URI reference to the section of /docs/idempotency that explains it.
              required: [type, title, status, detail]
              properties:
                type: { type: string, format: uri-reference, examples: ['/docs/idempotency#mismatch'] }
                title: { type: string }
                status: { type: integer }
                detail: { type: string }
                field: { type: string, description: The field that is wrong, with invalid-request. }

        """#
}
