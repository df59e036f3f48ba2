/// An `inet` or `cidr`: an IPv4 or IPv6 address and the number of bits that name its network.
///
/// Source: PostgreSQL, "Network Address Types".
public struct PostgresInet: Sendable, Hashable {
    /// 4 bytes for IPv4, 16 for IPv6.
    public let address: [UInt8]
    /// 0 to 32 for IPv4, 0 to 128 for IPv6; the greatest for a single host.
    public let prefixLength: Int

    /// Nil unless there are 4 or 16 bytes and the prefix is not longer than they are. Without a prefix it is a single host.
    public init?(address: [UInt8], prefixLength: Int? = nil) {
        let bits = address.count * 8
        guard address.count == Self.ipv4Size || address.count == Self.ipv6Size, 0...bits ~= prefixLength ?? bits
        else { return nil }
        self.address = address
        self.prefixLength = prefixLength ?? bits
    }

    /// Whether this is an IPv6 address.
    public var isIPv6: Bool { address.count == Self.ipv6Size }

    static let ipv4Size = 4
    static let ipv6Size = 16
}

extension PostgresInet: PostgresCodable, PostgresArrayElement {
    /// `inet`. A `cidr` column takes it, and sets the bits beyond the prefix to zero.
    public static var postgresType: PostgresType { .inet }
    /// `inet[]`
    public static var postgresArrayType: PostgresType { .inetArray }

    /// Reads inet and cidr.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .inet || cell.type == .cidr else { throw cell.failure("not an inet or cidr") }
        let prefixLength = Int(try cell.integer(at: 1, as: UInt8.self))
        guard let value = Self(address: Array(cell.bytes.dropFirst(Self.headerSize)), prefixLength: prefixLength) else {
            throw cell.failure("a broken address")
        }
        self = value
    }

    /// Writes 8 or 20 bytes.
    public func encode(into buffer: inout PostgresBuffer) {
        buffer.write(isIPv6 ? Self.ipv6Family : Self.ipv4Family)
        buffer.write(UInt8(prefixLength))
        buffer.write(0 as UInt8)  // no cidr
        buffer.write(UInt8(address.count))
        buffer.write(address)
    }

    /// Source: PostgreSQL, `PGSQL_AF_INET` and `PGSQL_AF_INET6` in `utils/inet.h`; fixed, whatever the system's own are.
    private static let ipv4Family: UInt8 = 2
    private static let ipv6Family: UInt8 = 3
    /// Family, prefix length, whether it is a cidr, length of the address: 1 byte each.
    private static let headerSize = 4
}
