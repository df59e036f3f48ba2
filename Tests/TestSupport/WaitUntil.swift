/// Thrown by ``waitUntil(_:deadline:_:)`` when the condition did not come true in time.
public struct ConditionNotMet: Error, CustomStringConvertible {
    /// What was waited for, and for how long.
    public let description: String
}

/// Waits until the condition holds. For signals that can only be asked for, such as a row that another process writes; where
/// something can be awaited, await it.
/// - Parameters:
///   - what: what is being waited for; the error says it.
///   - deadline: how long to wait, 10 seconds by default.
///   - condition: asked again and again, every few milliseconds. What it throws ends the waiting.
/// - Throws: ``ConditionNotMet`` at the deadline, `CancellationError`, or the condition's own error.
public func waitUntil(
    _ what: String, deadline: Duration = .seconds(10), isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + deadline
    while try await !condition() {
        guard ContinuousClock.now < end else {
            throw ConditionNotMet(description: "after \(deadline) still waiting until \(what)")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
