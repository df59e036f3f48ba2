/// The number that a JSON text spells, exactly: digits and the place of the point, never a binary fraction.
///
/// ``text`` is what RFC 8785 section 3.2.2.3 writes, ECMAScript's form, for every number that is the shortest spelling of an IEEE 754
/// double. The RFC would round any other number to such a one first, so that 1.00000000000000001 became 1. Here it keeps its value: two
/// numbers have the same text exactly when they are equal.
struct JSONDecimal {
    private let isNegative: Bool

    /// Without zeros at either end; none for zero.
    private let digits: ArraySlice<UInt8>

    /// How many digits stand in front of the point; negative when zeros follow it first. The `n` of ECMAScript's Number::toString.
    private let point: Int

    /// Far beyond all that anybody counts, and far from where computing with exponents overflows.
    private static let farthestPoint = 1 << 50

    /// Puts the parts of a JSON number together.
    ///
    /// - Parameters:
    ///   - integer: the digits in front of the point.
    ///   - fraction: the digits behind it.
    ///   - exponent: what follows the `e`, with its sign if there is one; empty without.
    /// - Returns: nil when the exponent is astronomical.
    init?(isNegative: Bool, integer: ArraySlice<UInt8>, fraction: ArraySlice<UInt8>, exponent: ArraySlice<UInt8>) {
        let all = integer + fraction
        let significant = all.drop { $0 == Self.zero }
        guard let last = significant.lastIndex(where: { $0 != Self.zero }) else {
            self.init(isNegative: false, digits: [], point: 0)  // RFC 8785 knows no negative zero
            return
        }
        guard let exponent = exponent.isEmpty ? 0 : Int(String(decoding: exponent, as: UTF8.self)),
            exponent.magnitude < Self.farthestPoint << 1
        else { return nil }
        let point = integer.count - (all.count - significant.count) + exponent
        guard point.magnitude < Self.farthestPoint else { return nil }
        self.init(isNegative: isNegative, digits: significant[...last], point: point)
    }

    private init(isNegative: Bool, digits: ArraySlice<UInt8>, point: Int) {
        self.isNegative = isNegative
        self.digits = digits
        self.point = point
    }

    /// The number in ECMAScript's form: an exponent only below 1e-6 and from 1e21.
    ///
    /// Source: ECMA-262, Number::toString, steps 6 to 12.
    var text: [UInt8] {
        let sign = isNegative ? [UInt8(ascii: "-")] : []
        if digits.isEmpty { return [Self.zero] }
        if digits.count <= point, point <= 21 { return sign + digits + zeros(point - digits.count) }
        if 1...21 ~= point { return sign + digits.prefix(point) + [Self.dot] + digits.dropFirst(point) }
        if -5...0 ~= point { return sign + [Self.zero, Self.dot] + zeros(-point) + digits }
        let fraction = digits.count > 1 ? [Self.dot] + digits.dropFirst() : []
        let exponent = point - 1
        return sign + digits.prefix(1) + fraction + Array("e\(exponent < 0 ? "" : "+")\(exponent)".utf8)
    }

    private static let zero = UInt8(ascii: "0")
    private static let dot = UInt8(ascii: ".")

    private func zeros(_ count: Int) -> [UInt8] { Array(repeating: Self.zero, count: count) }
}
