// A URL; a pooler.

import LibPQ

func examples() async throws {
    // snippet.url
    var configuration = try PostgresConnection.Configuration(
        url: "postgresql://app@db.example.com:5432/payments?application_name=checkout")
    let connection = try await PostgresConnection.connect(configuration)
    // snippet.end

    // snippet.pooler
    configuration.adaptToTransactionPooling()
    // snippet.end
    await connection.close()
}
