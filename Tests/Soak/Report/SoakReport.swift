import Foundation

/// What a run says on stdout.
enum SoakReport {
    /// A line while it goes on. Not held back when stdout is a pipe.
    static func progress(_ text: String) {
        print(text)
        fflush(nil)
    }

    /// The violations with their keys' stories, then the table.
    static func text(_ result: SoakResult) -> String {
        var lines: [String] = []
        var told: Set<Int> = []
        for violation in result.violations.prefix(shown) {
            lines.append("VIOLATION: \(violation)")
            for number in violation.operations.prefix(shown) where told.insert(number).inserted {
                lines.append(result.keys[number].timeline)
            }
        }
        if result.violations.count > shown { lines.append("and \(result.violations.count - shown) more violations") }

        let requests = result.keys.reduce(0) { $0 + $1.attempts.count }
        lines += [
            "",
            row("keys", result.keys.count),
            row("requests", requests),
        ]
        lines += rows(result.outcomes)
        lines += [
            row("executions (handlers that came to their first write)", result.handlerRuns),
            row("faults, besides clients that hung up", result.faults.values.reduce(0, +)),
        ]
        lines += rows(result.faults)
        lines += [
            row("unknown commits", result.unknownCommits),
            row("violations", result.violations.count),
        ]
        let kinds = Dictionary(grouping: result.violations, by: \.kind.rawValue).mapValues(\.count)
        lines += rows(kinds)
        if !result.violations.isEmpty { lines.append("\nrepeat the plan with SEED=\(result.seed) make soak") }
        return lines.joined(separator: "\n")
    }

    /// So much that a reader sees what kind of thing went wrong.
    private static let shown = 10
    private static let width = 64

    private static func rows(_ counts: [String: Int]) -> [String] {
        counts.sorted { $0.key < $1.key }.map { row("  " + $0.key, $0.value) }
    }

    private static func row(_ name: String, _ count: Int) -> String {
        let number = String(count)
        return name + String(repeating: " ", count: max(1, width - name.count - number.count)) + number
    }
}
