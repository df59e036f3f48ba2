/// What one or several clients are sent out to do.
struct Errand: Sendable {
    let operation: Operation
    /// How many clients send it at the same time.
    var clients = 1
    /// Whether they send another body than the key was used with.
    var isOtherBody = false
}
