import LibPQ
import TestSupport
import Testing

extension RoundTripTests {
    @Test("inet and cidr")
    func addresses() async throws {
        var random = SeededGenerator(for: "addresses")
        var texts = [
            "0.0.0.0", "255.255.255.255/0", "10.0.0.1/8", "::", "::1", "::/0", "1::", "2001:db8::1/64", "1:0:0:2::3",
            "1:0:2:0:3:0:4:0", "::ffff:1.2.3.4", "::1.2.3.4", "::ffff:0:0", "::2", "::1:2", "0:0:1::", "ff::1:0:0:1",
            "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:0:0", "0:0:3:4:5:6:7:8", "64:ff9b::1.2.3.4",
        ]
        for _ in 0..<Self.rounds * 2 {
            // Many zeros, where shortening happens.
            let groups = (0..<8).map { _ in
                Int.random(in: 0...2, using: &random) > 0 ? 0 : Int.random(in: 0...0xFFFF, using: &random)
            }
            texts.append(
                groups.map { String($0, radix: 16) }.joined(separator: ":")
                    + "/\(Int.random(in: 0...128, using: &random))")
            let bytes = (0..<4).map { _ in String(UInt8.random(in: 0...255, using: &random)) }
            texts.append(bytes.joined(separator: ".") + "/\(Int.random(in: 0...32, using: &random))")
        }
        let addresses = try texts.map { try #require(PostgresInet($0), "\($0)") }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(addresses, "inet", on: connection)
            try await check([addresses, []], "inet[]", on: connection)
            for (address, text) in zip(addresses, texts) {
                // A cast to text appends /32 even to a host; the type's own output does not.
                let (shown, parsed) = try await connection.queryRow("SELECT format('%s', \(address)), \(text)::inet")
                    .decode((String, PostgresInet).self)
                #expect(address.description == shown)
                #expect(address == parsed)
            }
            try await connection.execute("CREATE TABLE networks (network cidr)")
            let network = try #require(PostgresInet("10.0.0.0/8"))
            try await connection.execute("INSERT INTO networks VALUES (\(network))")
            #expect(try await connection.queryRow("SELECT network FROM networks").decode(PostgresInet.self) == network)
            // A host's bits are lost there.
            let host = try #require(PostgresInet("10.1.2.3/8"))
            try await connection.execute("UPDATE networks SET network = \(host)")
            #expect(try await connection.queryRow("SELECT network FROM networks").decode(PostgresInet.self) == network)
        }
    }

    @Test(
        "what is no address",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "+1.2.3.4", "1.2.3.4/+8",
            ":", ":::",
            "1:2:3", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::1/129", "g::", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4",
            "1.2.3.4::",
            "1:2:3:4:5:6:7::8", ":1::2", "1::2:", "10/8",
        ])
    func noAddress(_ text: String) {
        #expect(PostgresInet(text) == nil)
    }

    @Test("oid, and the numbers of the catalogue")
    func oids() async throws {
        var random = SeededGenerator(for: "oids")
        let oids = [0, 1, .max] + (0..<Self.rounds).map { _ in UInt32.random(in: .min ... .max, using: &random) }
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await check(oids, "oid", on: connection, text: \.description)
            try await check([oids, []], "oid[]", on: connection)
            let row = try await connection.queryRow(
                "SELECT 'pg_class'::regclass, 'int4'::regtype, '7'::xid, 8::int4, 4294967295::oid")
            let (table, type, transaction, small, large) = try row.decode((UInt32, UInt32, UInt32, UInt32, Int).self)
            #expect([table, type, transaction, small] == [1259, 23, 7, 8])
            #expect(large == 4_294_967_295)
        }
    }
}
