import TestSupport

/// The usual work, held up after its start until the test lets it go on.
struct HeldWork {
    private let begun = Gate()
    private let gate = Gate()

    var handler: ProtectedService.Handler {
        { [begun, gate] request, context, transaction in
            begun.open()
            try await gate.pass()
            return try await ProtectedService.insert(request, context, transaction)
        }
    }

    /// Waits until the work has begun.
    func hasBegun() async throws { try await begun.pass() }

    /// Lets it go on. Put it into a `defer` as well: or a failure would wait for the work for ever.
    func release() { gate.open() }
}
