/// A `numeric` of any size, without loss: NaN, both infinities and the display scale (`1.50` has 2) included.
///
/// Two are equal when SQL says so: `1.5 == 1.50`, and NaN equals NaN and is greater than everything else.
///
/// Source: PostgreSQL, "Arbitrary Precision Numbers", and `numeric_send` in `src/backend/utils/adt/numeric.c`.
public struct PostgresNumeric: Sendable {
    enum Kind: UInt16 {
        case positive = 0x0000
        case negative = 0x4000
        case nan = 0xC000
        case infinity = 0xD000
        case negativeInfinity = 0xF000
    }

    let kind: Kind
    /// To the base of 10000, the highest first, without zeros at either end; empty for zero and what is not finite.
    let digits: [Int16]
    /// The power of 10000 that the first digit counts.
    let weight: Int
    /// How many decimal digits are shown after the point: 0 to 16383.
    public let displayScale: Int

    /// Not a number.
    public static let nan = Self(kind: .nan)
    /// Greater than every number. PostgreSQL 14 and later.
    public static let infinity = Self(kind: .infinity)
    /// Less than every number. PostgreSQL 14 and later.
    public static let negativeInfinity = Self(kind: .negativeInfinity)

    /// Whether this is the value of an SQL numeric literal: neither NaN nor infinite.
    public var isFinite: Bool { kind == .positive || kind == .negative }

    private init(kind: Kind) {
        self.kind = kind
        digits = []
        weight = 0
        displayScale = 0
    }

    /// Takes digits as the server sends them, with or without zeros at the ends.
    init(isNegative: Bool, digits: ArraySlice<Int16>, weight: Int, displayScale: Int) {
        let head = digits.drop { $0 == 0 }
        let trimmed = head.prefix((head.lastIndex { $0 != 0 } ?? head.startIndex - 1) - head.startIndex + 1)
        kind = isNegative && !trimmed.isEmpty ? .negative : .positive
        self.digits = Array(trimmed)
        self.weight = trimmed.isEmpty ? 0 : weight - (digits.count - head.count)
        self.displayScale = displayScale
    }

    /// An integer of any fixed width.
    public init(_ integer: some FixedWidthInteger) {
        var digits: [Int16] = []
        var rest = integer
        while rest != 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 100)
            let (next, high) = quotient.quotientAndRemainder(dividingBy: 100)
            digits.append(abs(Int16(high) * 100 + Int16(digit)))
            rest = next
        }
        digits.reverse()
        self.init(isNegative: integer < 0, digits: digits[...], weight: digits.count - 1, displayScale: 0)
    }

    static let base = 10_000
    /// Decimal digits in one digit to the base of 10000.
    static let digitWidth = 4
    /// Source: PostgreSQL, "Numeric Types": 131072 digits before the point and 16383 after it.
    static let maximumIntegerDigits = 131_072
    static let maximumScale = 16_383
}

extension PostgresNumeric: Comparable, Hashable {
    /// Whether SQL takes both for the same number, whatever their display scales.
    public static func == (a: Self, b: Self) -> Bool {
        a.kind == b.kind && a.weight == b.weight && a.digits == b.digits
    }

    /// Agrees with `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(weight)
        hasher.combine(digits)
    }

    /// SQL's order, NaN last.
    public static func < (a: Self, b: Self) -> Bool {
        if a.kind != b.kind { return a.rank < b.rank }
        switch a.kind {
        case .positive: return a.isCloserToZero(than: b)
        case .negative: return b.isCloserToZero(than: a)
        case .nan, .infinity, .negativeInfinity: return false
        }
    }

    private var rank: Int {
        switch kind {
        case .negativeInfinity: 0
        case .negative: 1
        case .positive: 2
        case .infinity: 3
        case .nan: 4
        }
    }

    private func isCloserToZero(than other: Self) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        if weight != other.weight { return weight < other.weight }
        return digits.lexicographicallyPrecedes(other.digits)
    }
}

extension PostgresNumeric: PostgresCodable, PostgresArrayElement {
    /// `numeric`
    public static var postgresType: PostgresType { .numeric }
    /// `numeric[]`
    public static var postgresArrayType: PostgresType { .numericArray }

    /// Reads numeric.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard cell.type == .numeric else { throw cell.failure("not a numeric") }
        let count = Int(try cell.integer(as: UInt16.self))
        let weight = Int(try cell.integer(at: 2, as: Int16.self))
        let scale = Int(try cell.integer(at: 6, as: UInt16.self))
        guard let kind = Kind(rawValue: try cell.integer(at: 4)) else { throw cell.failure("a broken numeric") }
        guard kind == .positive || kind == .negative else {
            self.init(kind: kind)
            return
        }
        guard cell.count == Self.headerSize + 2 * count, scale <= Self.maximumScale else {
            throw cell.failure("a broken numeric")
        }
        var digits: [Int16] = []
        digits.reserveCapacity(count)
        for index in 0..<count {
            let digit: Int16 = try cell.integer(at: Self.headerSize + 2 * index)
            guard 0..<Int16(Self.base) ~= digit else { throw cell.failure("a broken numeric") }
            digits.append(digit)
        }
        self.init(isNegative: kind == .negative, digits: digits[...], weight: weight, displayScale: scale)
        // Leading zeros, which the server never sends, count it down.
        guard self.weight >= Int(Int16.min) else { throw cell.failure("a broken numeric") }
    }

    /// Writes 8 bytes and 2 for each four decimal digits.
    public func encode(into buffer: inout PostgresBuffer) {
        buffer.write(UInt16(digits.count))
        buffer.write(Int16(weight))
        buffer.write(kind.rawValue)
        buffer.write(UInt16(displayScale))
        for digit in digits { buffer.write(digit) }
    }

    /// The number of digits, the weight, the kind, the display scale: 2 bytes each.
    private static let headerSize = 8
}
