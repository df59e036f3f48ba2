#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension Decimal: PostgresCodable, PostgresArrayElement {
    /// `numeric`
    public static var postgresType: PostgresType { .numeric }
    /// `numeric[]`
    public static var postgresArrayType: PostgresType { .numericArray }

    /// Reads a numeric that a Decimal holds exactly: up to 38 digits, and NaN. Zeros at the end are not kept; ``PostgresNumeric`` does.
    ///
    /// - Throws: `decodingFailed` for more digits and for the infinities.
    public init(from cell: PostgresCell) throws(PostgresError) {
        guard let exact = Decimal(exactly: try PostgresNumeric(from: cell)) else {
            throw cell.failure("not exactly a Decimal")
        }
        self = exact
    }

    /// Writes numeric. Every Decimal is one.
    public func encode(into buffer: inout PostgresBuffer) { PostgresNumeric(self).encode(into: &buffer) }

    /// The same number, or nil when Decimal has no room for it: it holds an integer below 2^128 times a power of ten from -128 to 127, and NaN. Some
    /// numbers from 10^128 on are refused although they would fit, because Foundation cannot make them.
    public init?(exactly numeric: PostgresNumeric) {
        if numeric.kind == .nan {
            self = .nan
            return
        }
        guard numeric.isFinite else { return nil }
        guard var last = numeric.digits.last else {
            self.init()
            return
        }
        // The last digit to the base of 10000 may end in decimal zeros, which need no room.
        var exponent = (numeric.weight - numeric.digits.count + 1) * PostgresNumeric.digitWidth
        var lastUnit: UInt128 = UInt128(PostgresNumeric.base)
        while last % 10 == 0 {
            last /= 10
            lastUnit /= 10
            exponent += 1
        }
        var significand: UInt128 = 0
        for (index, digit) in numeric.digits.enumerated() {
            let isLast = index == numeric.digits.count - 1
            let (product, overflow) = significand.multipliedReportingOverflow(
                by: isLast ? lastUnit : UInt128(PostgresNumeric.base))
            let (sum, carry) = product.addingReportingOverflow(UInt128(isLast ? last : digit))
            if overflow || carry { return nil }
            significand = sum
        }
        // A large power of ten may still fit when zeros move into the significand.
        while exponent > Self.exponents.upperBound {
            let (product, overflow) = significand.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            significand = product
            exponent -= 1
        }
        guard Self.exponents.contains(exponent) else { return nil }
        let half = Decimal(1 << 32 as UInt64)
        let whole =
            significand <= UInt64.max
            ? Decimal(UInt64(significand))
            : Decimal(UInt64(significand >> 64)) * half * half
                + Decimal(UInt64(truncatingIfNeeded: significand))
        self.init(sign: numeric.kind == .negative ? .minus : .plus, exponent: exponent, significand: whole)
        // Foundation's arithmetic overflows to NaN without saying so, for some numbers from 10^128 on that Decimal has room for.
        guard PostgresNumeric(self) == numeric else { return nil }
    }

    /// Powers of ten.
    private static let exponents = -128...127
}

extension PostgresNumeric {
    /// The same number, with as many digits after the point as it needs. A Decimal of NaN is ``nan``.
    public init(_ decimal: Decimal) {
        // A Decimal's text has at most 166 digits and never an exponent, which the text form reads whatever it is.
        self = decimal.isNaN ? .nan : PostgresNumeric(decimal.description) ?? .nan
    }
}
