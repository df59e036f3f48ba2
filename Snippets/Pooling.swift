// A pool as a service; a pooler.

import LibPQ
import ServiceLifecycle

func examples(databaseURL: String, server: any Service) async throws {
    // snippet.configuration
    var configuration = try PostgresPool.Configuration(url: databaseURL)
    configuration.maximumConnections = 32
    configuration.minimumConnections = 4
    configuration.acquireTimeout = .seconds(2)
    let pool = PostgresPool(configuration: configuration)
    // snippet.end

    // snippet.pooler
    configuration.connection.adaptToTransactionPooling()
    // snippet.end

    // snippet.service
    let group = ServiceGroup(
        services: [pool, server], gracefulShutdownSignals: [.sigterm], logger: .init(label: "app"))
    try await group.run()
    // snippet.end
}
