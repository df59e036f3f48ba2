/// `NNNN_name.up.sql` or `NNNN_name.down.sql`, taken apart.
struct MigrationFileName: Sendable, Hashable {
    enum Direction: String, Sendable, Hashable {
        case up
        case down
    }

    let version: Int
    /// `NNNN_name`, without the ending.
    let name: String
    let direction: Direction

    /// `nil` for any other name: four digits that do not make zero, an underscore, then lower-case letters, digits and single
    /// underscores. Strict, so that two files never differ in a way that a case-insensitive file system swallows.
    init?(parsing fileName: String) {
        let direction: Direction
        if fileName.hasSuffix(".up.sql") {
            direction = .up
        } else if fileName.hasSuffix(".down.sql") {
            direction = .down
        } else {
            return nil
        }
        let name = String(fileName.dropLast(".\(direction.rawValue).sql".count))
        guard let version = Self.version(ofName: name) else {
            return nil
        }
        self.version = version
        self.name = name
        self.direction = direction
    }

    /// The number that `NNNN_name` begins with, or `nil` when the name is not of that form.
    static func version(ofName name: String) -> Int? {
        let parts = name.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard parts.count > 1, parts[0].count == 4, parts[0].allSatisfy(isDigit),
            parts.dropFirst().allSatisfy({ !$0.isEmpty && $0.allSatisfy { isDigit($0) || isLowercase($0) } }),
            let version = Int(name.prefix(4)), version > 0
        else {
            return nil
        }
        return version
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLowercase(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}
