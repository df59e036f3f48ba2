internal import CoreMetrics
internal import Tracing

/// What metrics and traces say of one connection's statements, under OpenTelemetry's names.
///
/// Source: OpenTelemetry, "Semantic conventions for database client calls".
struct OperationTelemetry: Sendable {
    private let server: [(String, String)]
    private let tracer: (any Tracer)?
    private let measures: Bool

    /// Nil when nobody has bootstrapped metrics or tracing, so that nothing is measured in vain.
    init?(address: String, port: String, database: String) {
        let tracer = InstrumentationSystem.tracer
        self.tracer = tracer is NoOpTracer ? nil : tracer
        measures = !(MetricsSystem.factory is NOOPMetricsHandler)
        if self.tracer == nil, !measures { return nil }
        server = [
            ("db.system.name", "postgresql"), ("db.namespace", database), ("server.address", address),
            ("server.port", port),
        ]
    }

    /// Statements that are run in one flush.
    ///
    /// - Parameter name: the statement's first word; `PIPELINE` for several statements.
    func begin(_ name: String, _ queries: [PostgresQuery]) -> Operation {
        var span: (any Span)?
        if let tracer {
            let new = tracer.startSpan(name, ofKind: .client)
            for (key, value) in server { new.attributes[key] = value }
            new.attributes["db.operation.name"] = name
            // Parameters are not in the text.
            new.attributes["db.query.text"] = queries.map(\.sql).joined(separator: "; ")
            if queries.count > 1 { new.attributes["db.operation.batch.size"] = queries.count }
            span = new
        }
        return Operation(
            dimensions: measures ? server + [("db.operation.name", name)] : nil, span: span, start: .now)
    }

    /// Statements that are under way.
    struct Operation: ~Copyable {
        fileprivate let dimensions: [(String, String)]?
        fileprivate let span: (any Span)?
        fileprivate let start: ContinuousClock.Instant

        consuming func end(_ error: PostgresError?) {
            let state = error?.sqlState?.rawValue
            let type = state ?? error?.code.description
            if let dimensions {
                let failure = type.map { [("error.type", $0)] } ?? []
                let response = state.map { [("db.response.status_code", $0)] } ?? []
                Timer(label: "db.client.operation.duration", dimensions: dimensions + failure + response)
                    .recordNanoseconds((.now - start).nanoseconds)
            }
            if let span {
                if let type {
                    span.attributes["error.type"] = type
                    span.setStatus(SpanStatus(code: .error))
                }
                if let state { span.attributes["db.response.status_code"] = state }
                span.end()
            }
        }
    }
}
