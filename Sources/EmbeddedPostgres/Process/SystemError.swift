#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The operating system's reason for a failed call.
struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    let number: Int32

    /// The calling thread's `errno`; read it right after the call.
    static var last: SystemError { SystemError(number: errno) }

    var description: String {
        strerror(number).map { String(cString: $0) } ?? "error \(number)"
    }
}
