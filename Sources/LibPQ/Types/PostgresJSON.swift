#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A Codable value as `jsonb`: `\(PostgresJSON(order))`, `row.decode(PostgresJSON<Order>.self).value`.
public struct PostgresJSON<Value: Codable & Sendable>: Sendable {
    /// The value itself.
    public var value: Value

    /// Wraps a value.
    public init(_ value: Value) { self.value = value }
}

extension PostgresJSON: Equatable where Value: Equatable {}
extension PostgresJSON: Hashable where Value: Hashable {}

extension PostgresJSON: PostgresCodable {
    /// `jsonb`
    public static var postgresType: PostgresType { .jsonb }

    /// Reads jsonb or json with Foundation's `JSONDecoder`.
    public init(from cell: PostgresCell) throws(PostgresError) {
        let offset: Int
        switch cell.type {
        case .json: offset = 0
        case .jsonb: offset = 1
        default: throw cell.failure("not json or jsonb")
        }
        do {
            value = try JSONDecoder().decode(Value.self, from: Data(cell.bytes.dropFirst(offset)))
        } catch {
            throw cell.failure("the JSON is not a \(Value.self)")
        }
    }

    /// Writes the version byte and the text.
    ///
    /// - Throws: `encodingFailed` when the value cannot be encoded.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        do {
            let text = try JSONEncoder().encode(value)
            buffer.write(1 as UInt8)
            buffer.write(text)
        } catch {
            throw PostgresError(
                .encodingFailed, "a \(Value.self) parameter cannot be encoded as JSON", underlying: error)
        }
    }
}
