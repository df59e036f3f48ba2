import Configuration
import Idempotency

/// The rules for keys, as far as they can be set.
struct ProtectionSettings: Sendable {
    /// `PAYMENTS_RETENTION`: how long an outcome is kept; 24 hours by default.
    let retention: Duration
    /// `PAYMENTS_KEY_SYNTAX`: whether a key may be sent without quotation marks.
    let keySyntax: IdempotencyKey.Syntax

    /// What can be set: less than a second is no window for a retry, and ten years are the policy's limit.
    private static let retentions: ClosedRange<Duration> = .seconds(1)...(.hours(24 * 3650))

    /// - Throws: ``SettingsError``.
    init(_ reader: ConfigReader) throws {
        let text = reader.text("payments.retention") ?? "24h"
        guard let retention = Duration(parsing: text), Self.retentions.contains(retention) else {
            throw SettingsError(
                "PAYMENTS_RETENTION must be a whole number with s, m, h or d, from 1s to 3650d, but is \"\(text)\"")
        }
        self.retention = retention
        let syntax = reader.text("payments.key.syntax") ?? "lenient"
        switch syntax.lowercased() {
        case "lenient": keySyntax = .lenient
        case "strict": keySyntax = .strict
        default: throw SettingsError("PAYMENTS_KEY_SYNTAX must be lenient or strict, but is \"\(syntax)\"")
        }
    }

    /// The policy of every protected route.
    ///
    /// A key must outlive every request that waits for it, runs it or asks about its COMMIT. So where the retention is shorter than two
    /// minutes, for trying things out, those have less time than by default: at most a half of it and two eighths.
    var policy: IdempotencyPolicy {
        var policy = IdempotencyPolicy(retention: retention, keySyntax: keySyntax)
        policy.handlerDeadline = min(policy.handlerDeadline, retention / 2)
        policy.waitBudget = min(policy.waitBudget, retention / 8)
        policy.maximumPreferredWait = min(policy.maximumPreferredWait, retention / 8)
        policy.resolveDeadline = min(policy.resolveDeadline, retention / 8)
        return policy
    }
}

extension Duration {
    /// Reads `30s`, `15m`, `24h` or `7d`; nil for anything else, and for what is too long to count.
    init?(parsing text: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last, let seconds = units[unit], text.utf8.first != UInt8(ascii: "+"),
            let count = Int64(text.dropLast()), count >= 0
        else { return nil }
        let (total, isTooLong) = count.multipliedReportingOverflow(by: seconds)
        guard !isTooLong else { return nil }
        self = .seconds(total)
    }
}
