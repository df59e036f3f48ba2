/// What an iterator over a stream is made of: the reader, and the batch that is being handed out.
struct StreamCursor<Element> {
    private let reader: StreamReader<Element>
    private var batch: [Element] = []
    private var position = 0

    init(_ source: StreamReader<Element>.Source) { reader = StreamReader(source) }

    /// The next element, or nil after the last one. Errors name the statement and the caller's line.
    mutating func next(
        of call: StreamCall, isolation: isolated (any Actor)?
    ) async throws(PostgresError) -> Element? {
        while position == batch.count {
            do throws(PostgresError) {
                guard let more = try await reader.read() else { return nil }
                batch = more
                position = 0
            } catch {
                throw error.at(sql: call.query.sql, file: call.file, line: call.line)
            }
        }
        defer { position += 1 }
        return batch[position]
    }
}
