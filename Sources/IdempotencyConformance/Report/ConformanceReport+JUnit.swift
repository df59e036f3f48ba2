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

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default:
                // XML 1.0 has no other control characters.
                if character.asciiValue.map({ $0 < 0x20 && $0 != 0x0A && $0 != 0x09 }) != true {
                    escaped.append(character)
                }
            }
        }
    }
}
