extension PostgresNumeric: LosslessStringConvertible {
    /// What the server shows: `-12.50`, `NaN`, `Infinity`, `-Infinity`; never with an exponent.
    public var description: String {
        switch kind {
        case .nan: return "NaN"
        case .infinity: return "Infinity"
        case .negativeInfinity: return "-Infinity"
        case .positive, .negative: break
        }
        var text: [UInt8] = []
        for power in stride(from: max(weight, 0), through: 0, by: -1) { Self.append(digit(at: power), to: &text) }
        let zeros = text.prefix { $0 == UInt8(ascii: "0") }.count
        text.removeFirst(min(zeros, text.count - 1))
        if displayScale > 0 {
            text.append(UInt8(ascii: "."))
            let end = text.count + displayScale
            var power = -1
            while text.count < end {
                Self.append(digit(at: power), to: &text)
                power -= 1
            }
            text.removeLast(text.count - end)
        }
        return (kind == .negative ? "-" : "") + String(decoding: text, as: UTF8.self)
    }

    /// Reads what PostgreSQL reads as decimal: `-12.50`, `.5`, `1.5e-3`, and, in any case, `NaN`, `Infinity` and `inf` with a sign.
    ///
    /// Digits after the point, zeros too, count for ``displayScale``. Nil for anything else, for spaces, and for more than 131072 digits
    /// before the point or 16383 after it.
    public init?(_ description: String) {
        switch description.lowercased() {
        case "nan": self = .nan
        case "infinity", "+infinity", "inf", "+inf": self = .infinity
        case "-infinity", "-inf": self = .negativeInfinity
        default: self.init(decimal: description.utf8[...])
        }
    }

    private init?(decimal: Substring.UTF8View) {
        var rest = decimal
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }

        let integer = Self.takeDigits(&rest)
        var fraction: [UInt8] = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = Self.takeDigits(&rest)
        }
        var exponent = 0
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            // More than 6 digits are out of range anyway.
            guard let text = String(rest.dropFirst()), text.utf8.count <= 7, let value = Int(text) else { return nil }
            exponent = value
            rest = rest.suffix(0)
        }
        guard rest.isEmpty, !(integer.isEmpty && fraction.isEmpty) else { return nil }

        var decimals = integer + fraction
        let scale = max(fraction.count - exponent, 0)
        guard scale <= Self.maximumScale else { return nil }
        // Where the point stands, counted from the first digit that is not zero.
        let zeros = decimals.prefix { $0 == 0 }.count
        decimals.removeFirst(zeros)
        let point = integer.count + exponent - zeros
        if decimals.isEmpty {
            self.init(isNegative: false, digits: [], weight: 0, displayScale: scale)
            return
        }
        guard point <= Self.maximumIntegerDigits else { return nil }

        // Four decimal digits to one, counted from the point.
        let lead = (Self.digitWidth - point % Self.digitWidth) % Self.digitWidth
        decimals.insert(contentsOf: repeatElement(0, count: lead), at: 0)
        let trail = (Self.digitWidth - decimals.count % Self.digitWidth) % Self.digitWidth
        decimals.append(contentsOf: repeatElement(0, count: trail))
        var digits: [Int16] = []
        digits.reserveCapacity(decimals.count / Self.digitWidth)
        for start in stride(from: 0, to: decimals.count, by: Self.digitWidth) {
            digits.append(decimals[start..<start + Self.digitWidth].reduce(0) { $0 * 10 + Int16($1) })
        }
        self.init(
            isNegative: isNegative, digits: digits[...], weight: (point + lead) / Self.digitWidth - 1,
            displayScale: scale)
    }

    /// The values, 0 to 9, of the decimal digits in front.
    private static func takeDigits(_ text: inout Substring.UTF8View) -> [UInt8] {
        let digits = text.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        text = text[digits.endIndex...]
        return digits.map { $0 - UInt8(ascii: "0") }
    }

    /// The digit that counts a power of 10000.
    private func digit(at power: Int) -> Int16 {
        let index = weight - power
        return digits.indices.contains(index) ? digits[index] : 0
    }

    private static func append(_ digit: Int16, to text: inout [UInt8]) {
        for unit in [1000, 100, 10, 1] as [Int16] { text.append(UInt8(ascii: "0") + UInt8(digit / unit % 10)) }
    }
}
