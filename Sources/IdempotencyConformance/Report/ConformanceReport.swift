/// What a run found.
package struct ConformanceReport: Sendable {
    package let profile: Profile
    package let url: String
    package let endpoint: Endpoint
    /// One for each check of the profile, in its order.
    package let findings: [Finding]

    package var failures: Int { findings.count { $0.result == .fail } }

    /// "27 passed, 1 failed, 2 warnings, 5 not tested".
    package var summary: String {
        let counts: [(CheckResult, String)] = [
            (.pass, "passed"), (.fail, "failed"), (.warn, "warnings"), (.note, "notes"), (.notTested, "not tested"),
        ]
        return counts.compactMap { result, word in
            let count = findings.count { $0.result == result }
            return count == 0 && result != .pass && result != .fail ? nil : "\(count) \(word)"
        }.joined(separator: ", ")
    }
}
