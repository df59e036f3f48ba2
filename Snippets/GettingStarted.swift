// Connect, bind, decode.

// snippet.imports
import LibPQ
// snippet.end

let databaseURL = "postgresql://postgres@localhost/postgres"
let name = "Ada"

// snippet.pool
let pool = PostgresPool(configuration: try .init(url: databaseURL))

try await pool.execute("CREATE TABLE IF NOT EXISTS people (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
// snippet.end

// snippet.parameters
let id = try await pool.queryRow("INSERT INTO people (name) VALUES (\(name)) RETURNING id").decode(Int.self)

for (id, name) in try await pool.query("SELECT id, name FROM people").decode((Int, String?).self) {
    print(id, name ?? "without a name")
}
// snippet.end

// snippet.unescaped
let direction = "DESC"  // never from a user
let newest = try await pool.queryRowIfAny("SELECT name FROM people ORDER BY id \(unescaped: direction) LIMIT 1")
// snippet.end

// snippet.one
let connection = try await PostgresConnection.connect(.init(url: databaseURL))
print(try await connection.queryRow("SELECT version()").decode(String.self))
await connection.close()
// snippet.end

print(id, newest.map { "\($0)" } ?? "nobody")
await pool.close()
