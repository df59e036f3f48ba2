import Foundation

/// What the environment says about a run.
struct SoakSettings: Sendable, Hashable {
    /// `MINUTES`: how long faults happen. Default 1.
    let duration: Duration
    /// `SEED`: repeats the plan of the faults and the errands. Default: drawn.
    let seed: UInt64
    /// `CLIENTS`: how many lanes of clients, each with one key at a time. Default 12.
    let lanes: Int

    /// How many processes the service has: duplicates meet in one process and across two.
    static let processes = 2

    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// - Throws: ``Unusable`` for a variable that is no number in its range.
    init(_ environment: [String: String]) throws {
        func number<Number: LosslessStringConvertible & Comparable>(
            _ name: String, in range: ClosedRange<Number>, default value: Number
        ) throws -> Number {
            guard let text = environment[name], !text.isEmpty else { return value }
            guard let number = Number(text), range.contains(number) else {
                throw Unusable(
                    description: "\(name) must be \(range.lowerBound) to \(range.upperBound), but is \"\(text)\"")
            }
            return number
        }
        // A day: everything that was asked and answered is kept in memory, some hundred bytes a request.
        duration = .seconds(60 * (try number("MINUTES", in: 0.1...1440, default: 1)))
        seed = try number("SEED", in: .min ... .max, default: UInt64.random(in: 0...999_999_999))
        lanes = try number("CLIENTS", in: 1...200, default: 12)
    }
}
