import ArgumentParser

extension Duration {
    /// A duration as a person writes it: `500ms`, `5s`, `2m`, `24h`.
    /// - Throws: `ValidationError` for anything else, and for none.
    init(argument: String) throws {
        let number = argument.prefix { $0.isNumber }
        let milliseconds: Int64? =
            switch argument.dropFirst(number.count) {
            case "ms": 1
            case "s": 1000
            case "m": 60_000
            case "h": 3_600_000
            default: nil
            }
        guard let milliseconds, let count = Int64(number), 1...1_000_000_000 ~= count else {
            throw ValidationError("write a number and a unit: 500ms, 5s, 2m or 24h")
        }
        self = .milliseconds(count * milliseconds)
    }
}
