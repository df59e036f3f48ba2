internal import CoreMetrics
internal import Tracing

/// What metrics and traces say of one connection's statements, under OpenTelemetry's names.
///
/// Source: OpenTelemetry, "Semantic conventions for database client calls".
final class OperationTelemetry: Sendable {
    private let server: [(String, String)]
    private let port: Int?
    private let tracer: (any Tracer)?
    private let measures: Bool

    /// Whether somebody has bootstrapped tracing.
    static var hasTracer: Bool { !(InstrumentationSystem.tracer is NoOpTracer) }

    /// Nil when nobody has bootstrapped metrics or tracing, so that nothing is measured in vain.
    init?(address: String, port: String, database: String) {
        tracer = Self.hasTracer ? InstrumentationSystem.tracer : nil
        measures = !(MetricsSystem.factory is NOOPMetricsHandler)
        if tracer == nil, !measures { return nil }
        self.port = Int(port)
        server = [
            ("db.system.name", "postgresql"), ("db.namespace", database), ("server.address", address),
            ("server.port", port),
        ]
    }

    /// Statements that are run in one flush.
    ///
    /// - Parameter name: the statement's first word; `PIPELINE` for several statements.
    func begin(_ name: String, _ queries: [PostgresQuery]) -> Operation {
        let span = startSpan(name)
        if let span {
            // Parameters are not in the text. Of equal texts one is enough, say the conventions.
            let texts = Set(queries.map { StatementText($0.sql) }).count == 1 ? [queries[0].sql] : queries.map(\.sql)
            span.attributes["db.query.text"] = texts.joined(separator: "; ")
            if queries.count > 1 { span.attributes["db.operation.batch.size"] = queries.count }
        }
        return Operation(
            dimensions: measures ? server + [("db.operation.name", name)] : nil, span: span, start: .now)
    }

    /// A transaction, from before its BEGIN until after its COMMIT or ROLLBACK: the parent of its statements' spans.
    func transaction<T>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> T
    ) async throws -> T {
        guard let span = startSpan("TRANSACTION") else { return try await body() }
        do {
            let value = try await ServiceContext.withValue(span.context, isolation: isolation, operation: body)
            span.end()
            return value
        } catch {
            // Of an error that is not ours only the type is known to be no secret.
            let failure = error as? PostgresError
            span.end(
                failure?.sqlState?.rawValue ?? failure?.code.description ?? "\(type(of: error))",
                failure?.sqlState?.rawValue)
            throw error
        }
    }

    private func startSpan(_ name: String) -> (any Span)? {
        guard let span = tracer?.startSpan(name, ofKind: .client) else { return nil }
        for (key, value) in server { span.attributes[key] = value }
        if let port { span.attributes["server.port"] = port }
        span.attributes["db.operation.name"] = name
        return span
    }

    /// Statements that are under way.
    struct Operation {
        fileprivate let dimensions: [(String, String)]?
        fileprivate let span: (any Span)?
        fileprivate let start: MonotonicInstant

        func end(_ error: PostgresError?) {
            let state = error?.sqlState?.rawValue
            let type = state ?? error?.code.description
            if let dimensions {
                let failure = type.map { [("error.type", $0)] } ?? []
                let response = state.map { [("db.response.status_code", $0)] } ?? []
                Timer(label: "db.client.operation.duration", dimensions: dimensions + failure + response)
                    .recordNanoseconds((MonotonicInstant.now - start).nanoseconds)
            }
            guard let span else { return }
            if let type { span.end(type, state) } else { span.end() }
        }
    }
}

extension Span {
    /// Ends as failed.
    fileprivate func end(_ type: String, _ state: String?) {
        attributes["error.type"] = type
        if let state { attributes["db.response.status_code"] = state }
        setStatus(SpanStatus(code: .error))
        end()
    }
}
