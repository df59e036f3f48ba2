import IdempotencyConformance

extension ConformanceReport {
    func text(in format: ConformanceFormat) throws -> String {
        switch format {
        case .table: table
        case .json: try json()
        case .junit: junit
        }
    }

    /// A line for each check, what was expected where it was not seen, and a sentence.
    private var table: String {
        var table = Table(header: ["CHECK", "LEVEL", "RESULT", "SEEN"])
        table.rows = findings.map { [$0.check.id, $0.level.rawValue, $0.result.rawValue, $0.came] }
        let open = [CheckResult.fail, .warn].flatMap { result in findings.filter { $0.result == result } }
        let expected = open.map { "\($0.check.id): expected that \($0.check.demand)\n  (\($0.check.source))" }
        let verdict = failures == 0 ? "conforms" : "does not conform"
        let sentence = "\(endpoint.method) \(endpoint.path) at \(url) \(verdict) to \(profile.rawValue): \(summary)."
        return ([table.text] + expected + [sentence]).joined(separator: "\n\n")
    }
}
