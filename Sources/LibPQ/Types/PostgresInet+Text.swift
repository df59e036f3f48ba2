extension PostgresInet: LosslessStringConvertible {
    /// As the server shows an inet: `192.168.0.1`, `10.0.0.0/8`, `2001:db8::1`.
    public var description: String {
        let host = isIPv6 ? ipv6Text : address.map(String.init).joined(separator: ".")
        return prefixLength == address.count * 8 ? host : "\(host)/\(prefixLength)"
    }

    /// Reads an IPv4 address in four decimal parts or an IPv6 address (RFC 4291, section 2.2), and a prefix length. Nil for anything
    /// else, also for the shortened `10/8` of cidr.
    public init?(_ description: String) {
        let parts = description.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var prefixLength: Int?
        if parts.count == 2 {
            guard let length = Self.number(parts[1], digits: 1...3, radix: 10) else { return nil }
            prefixLength = length
        }
        guard let address = parts[0].contains(":") ? Self.ipv6(parts[0]) : Self.ipv4(parts[0]) else { return nil }
        self.init(address: address, prefixLength: prefixLength)
    }

    /// The longest run of two or more zero groups becomes `::`, and an address that holds an IPv4 address ends in it.
    private var ipv6Text: String {
        let groups = stride(from: 0, to: address.count, by: 2).map { Int(address[$0]) << 8 | Int(address[$0 + 1]) }
        var run = 0..<0
        var start = 0
        for end in 1...groups.count where end == groups.count || groups[end] != 0 || groups[end - 1] != 0 {
            if groups[start] == 0, end - start > max(run.count, 1) { run = start..<end }
            start = end
        }
        let holdsIPv4 = run.lowerBound == 0 && (run.count == 6 || run.count == 5 && groups[5] == 0xFFFF)
        var shown = groups.map { String($0, radix: 16) }
        if holdsIPv4 { shown[6...] = [address[12...].map(String.init).joined(separator: ".")] }
        if run.isEmpty { return shown.joined(separator: ":") }
        return shown[..<run.lowerBound].joined(separator: ":") + "::"
            + shown.dropFirst(run.upperBound).joined(separator: ":")
    }

    private static func ipv4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { number($0, digits: 1...3, radix: 10).flatMap(UInt8.init(exactly:)) }
        return parts.count == ipv4Size && bytes.count == ipv4Size ? bytes : nil
    }

    private static func ipv6(_ text: Substring) -> [UInt8]? {
        var text = text
        var tail: [UInt8] = []
        if text.contains("."), let colon = text.lastIndex(of: ":") {
            guard let bytes = ipv4(text[text.index(after: colon)...]) else { return nil }
            tail = bytes
            text = text[...colon]
            // The colon belongs to the group before it, unless it is half of the gap.
            if !text.hasSuffix("::") { text.removeLast() }
        }
        guard let gap = firstGap(in: text) else {
            guard let head = groups(text), head.count + tail.count == ipv6Size else { return nil }
            return head + tail
        }
        guard let head = groups(text[..<gap.lowerBound]), let rest = groups(text[gap.upperBound...]) else { return nil }
        let missing = ipv6Size - head.count - rest.count - tail.count
        return missing > 0 ? head + Array(repeating: 0, count: missing) + rest + tail : nil
    }

    private static func firstGap(in text: Substring) -> Range<Substring.Index>? {
        for index in text.indices where text[index...].hasPrefix("::") { return index..<text.index(index, offsetBy: 2) }
        return nil
    }

    private static func groups(_ text: Substring) -> [UInt8]? {
        if text.isEmpty { return [] }
        var bytes: [UInt8] = []
        for part in text.split(separator: ":", omittingEmptySubsequences: false) {
            guard let group = number(part, digits: 1...4, radix: 16) else { return nil }
            bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
        }
        return bytes
    }

    /// Digits without a sign, which `Int` would take.
    private static func number(_ text: Substring, digits: ClosedRange<Int>, radix: Int) -> Int? {
        digits.contains(text.utf8.count) && text.allSatisfy(\.isHexDigit) ? Int(text, radix: radix) : nil
    }
}
