internal import CoreMetrics

/// A pool's numbers, under OpenTelemetry's names.
///
/// Source: OpenTelemetry, "Semantic conventions for database client metrics", connection pools.
struct PoolMetrics: Sendable {
    private let idle: Gauge
    private let used: Gauge
    private let waiting: Gauge
    private let timeouts: Counter
    private let createTime: Timer
    private let waitTime: Timer
    private let useTime: Timer

    /// Nil when nobody has bootstrapped the metrics system, so that nothing is measured in vain.
    init?(_ configuration: PostgresPool.Configuration) {
        if MetricsSystem.factory is NOOPMetricsHandler { return nil }
        let pool = [("db.client.connection.pool.name", configuration.name)]
        idle = Gauge(label: "db.client.connection.count", dimensions: pool + [("db.client.connection.state", "idle")])
        used = Gauge(label: "db.client.connection.count", dimensions: pool + [("db.client.connection.state", "used")])
        waiting = Gauge(label: "db.client.connection.pending_requests", dimensions: pool)
        timeouts = Counter(label: "db.client.connection.timeouts", dimensions: pool)
        createTime = Timer(label: "db.client.connection.create_time", dimensions: pool)
        waitTime = Timer(label: "db.client.connection.wait_time", dimensions: pool)
        useTime = Timer(label: "db.client.connection.use_time", dimensions: pool)
        Gauge(label: "db.client.connection.max", dimensions: pool).record(configuration.maximumConnections)
        Gauge(label: "db.client.connection.idle.max", dimensions: pool).record(configuration.maximumConnections)
        Gauge(label: "db.client.connection.idle.min", dimensions: pool).record(configuration.minimumConnections)
    }

    func record(idle: Int, used: Int, waiting: Int) {
        self.idle.record(idle)
        self.used.record(used)
        self.waiting.record(waiting)
    }

    func created(in duration: Duration) { createTime.recordNanoseconds(duration.nanoseconds) }
    func waited(_ duration: Duration) { waitTime.recordNanoseconds(duration.nanoseconds) }
    func used(_ duration: Duration) { useTime.recordNanoseconds(duration.nanoseconds) }
    func timedOut() { timeouts.increment() }
}
