/// A PostgreSQL type, by its object identifier (OID).
///
/// The OIDs of built-in types are fixed; those of enums, composites and extensions differ between databases.
///
/// Source: PostgreSQL, `src/include/catalog/pg_type.dat`.
public struct PostgresType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The OID.
    public let rawValue: UInt32

    /// Makes a type from its OID.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// OIDs from here on belong to types that users and extensions created, enums among them.
    static let firstUserDefined: UInt32 = 16384

    /// Whether this is known to be no array. False for types that are not built in.
    var isScalar: Bool { Self.builtIn[self].map { !$0.isArray } ?? false }

    /// The type's SQL name, or `oid N` for a type that is not built in.
    public var description: String { Self.builtIn[self]?.name ?? "oid \(rawValue)" }
}
