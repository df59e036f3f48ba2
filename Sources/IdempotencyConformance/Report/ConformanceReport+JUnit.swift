extension ConformanceReport {
    /// For CI: a test case for each check; warnings and notes pass, with their words in system-out.
    package var junit: String {
        let cases = findings.map { finding in
            let open = "    <testcase classname=\"idempotency.\(profile.rawValue)\" name=\"\(finding.check.id)\""
            let text = Self.escaped("expected: \(finding.check.demand); came: \(finding.came)")
            let inner =
                switch finding.result {
                case .pass: ""
                case .fail: "<failure message=\"\(text)\" type=\"\(finding.level.rawValue)\"/>"
                case .notTested: "<skipped message=\"\(Self.escaped(finding.came))\"/>"
                case .warn, .note: "<system-out>\(finding.result.rawValue): \(text)</system-out>"
                }
            return inner.isEmpty ? open + "/>" : open + ">\(inner)</testcase>"
        }
        let skipped = findings.count { $0.result == .notTested }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites>
              <testsuite name="idempotency conformance" tests="\(findings.count)" failures="\(failures)" skipped="\(skipped)" errors="0">
            \(cases.joined(separator: "\n"))
              </testsuite>
            </testsuites>
            """
    }

    /// Scalar by scalar: to a `Character` a mark belongs to what it stands on, and `"` with an accent would not be `"`.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            // XML 1.0 has no others below the space, nor these two.
            case "\u{0}"..<"\t", "\u{B}"..<" ", "\u{FFFE}", "\u{FFFF}": break
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}
