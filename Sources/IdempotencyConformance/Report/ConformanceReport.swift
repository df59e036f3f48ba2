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
        func count(_ result: CheckResult) -> Int { findings.count { $0.result == result } }
        let (warnings, notes, untested) = (count(.warn), count(.note), count(.notTested))
        return [
            "\(count(.pass)) passed", "\(failures) failed",
            warnings > 0 ? "\(warnings) warning\(warnings == 1 ? "" : "s")" : nil,
            notes > 0 ? "\(notes) note\(notes == 1 ? "" : "s")" : nil,
            untested > 0 ? "\(untested) not tested" : nil,
        ].compactMap(\.self).joined(separator: ", ")
    }
}
