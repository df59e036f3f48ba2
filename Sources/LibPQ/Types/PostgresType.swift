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

    /// `boolean`
    public static let bool = Self(rawValue: 16)
    /// `bytea`
    public static let bytea = Self(rawValue: 17)
    /// `"char"`, one byte
    public static let char = Self(rawValue: 18)
    /// `name`, the type of identifiers in the catalogue
    public static let name = Self(rawValue: 19)
    /// `bigint`
    public static let int8 = Self(rawValue: 20)
    /// `smallint`
    public static let int2 = Self(rawValue: 21)
    /// `integer`
    public static let int4 = Self(rawValue: 23)
    /// `text`
    public static let text = Self(rawValue: 25)
    /// `oid`
    public static let oid = Self(rawValue: 26)
    /// `json`
    public static let json = Self(rawValue: 114)
    /// `real`
    public static let float4 = Self(rawValue: 700)
    /// `double precision`
    public static let float8 = Self(rawValue: 701)
    /// A literal whose type the server did not settle
    public static let unknown = Self(rawValue: 705)
    /// `character(n)`
    public static let bpchar = Self(rawValue: 1042)
    /// `character varying`
    public static let varchar = Self(rawValue: 1043)
    /// `date`
    public static let date = Self(rawValue: 1082)
    /// `timestamp without time zone`
    public static let timestamp = Self(rawValue: 1114)
    /// `timestamp with time zone`
    public static let timestamptz = Self(rawValue: 1184)
    /// `numeric`
    public static let numeric = Self(rawValue: 1700)
    /// `uuid`
    public static let uuid = Self(rawValue: 2950)
    /// `void`, the result of functions that return nothing
    public static let void = Self(rawValue: 2278)
    /// `jsonb`
    public static let jsonb = Self(rawValue: 3802)
    /// `boolean[]`
    public static let boolArray = Self(rawValue: 1000)
    /// `bytea[]`
    public static let byteaArray = Self(rawValue: 1001)
    /// `smallint[]`
    public static let int2Array = Self(rawValue: 1005)
    /// `integer[]`
    public static let int4Array = Self(rawValue: 1007)
    /// `text[]`
    public static let textArray = Self(rawValue: 1009)
    /// `bigint[]`
    public static let int8Array = Self(rawValue: 1016)
    /// `real[]`
    public static let float4Array = Self(rawValue: 1021)
    /// `double precision[]`
    public static let float8Array = Self(rawValue: 1022)
    /// `timestamptz[]`
    public static let timestamptzArray = Self(rawValue: 1185)
    /// `uuid[]`
    public static let uuidArray = Self(rawValue: 2951)
    /// `jsonb[]`
    public static let jsonbArray = Self(rawValue: 3807)

    /// OIDs from here on belong to types that users and extensions created, enums among them.
    static let firstUserDefined: UInt32 = 16384

    private static let names: [PostgresType: String] = [
        .bool: "bool", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "int8", .int2: "int2", .int4: "int4",
        .text: "text", .oid: "oid", .json: "json", .float4: "float4", .float8: "float8", .unknown: "unknown",
        .bpchar: "bpchar", .varchar: "varchar", .date: "date", .timestamp: "timestamp", .timestamptz: "timestamptz",
        .numeric: "numeric", .uuid: "uuid", .void: "void", .jsonb: "jsonb", .boolArray: "bool[]",
        .byteaArray: "bytea[]", .int2Array: "int2[]", .int4Array: "int4[]", .textArray: "text[]", .int8Array: "int8[]",
        .float4Array: "float4[]", .float8Array: "float8[]", .timestamptzArray: "timestamptz[]", .uuidArray: "uuid[]",
        .jsonbArray: "jsonb[]",
    ]

    /// Whether this is known to be no array. False for types that are not in the list.
    var isScalar: Bool { Self.names[self].map { !$0.hasSuffix("[]") } ?? false }

    /// The type's SQL name, or `oid N` for a type that is not in the list.
    public var description: String { Self.names[self] ?? "oid \(rawValue)" }
}
