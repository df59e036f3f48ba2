/// How the tool ends. Scripts rely on these numbers. Thrown by a command that has said everything already.
enum ExitStatus: Int32, Error {
    /// Done; for a check: everything is as it should be.
    case done = 0
    /// Failed; standard error says why.
    case failed = 1
    /// The arguments are wrong.
    case usage = 2
    /// A check found something; standard output says what.
    case found = 3
}
