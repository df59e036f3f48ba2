import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A file descriptor with one owner: closed once, at the latest when the owner goes. Programs that we run never inherit it.
final class OwnedDescriptor: Sendable {
    private let descriptor: Mutex<Int32>

    init(_ descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        close()
    }

    /// The descriptor's number, -1 once closed.
    var number: Int32 { descriptor.withLock { $0 } }

    /// Gives the descriptor away: whoever calls this closes it.
    func take() -> Int32 {
        descriptor.withLock { descriptor in
            defer { descriptor = -1 }
            return descriptor
        }
    }

    func close() {
        let number = take()
        if number >= 0 { _ = systemClose(number) }
    }

    static func pipe() throws -> (readingEnd: OwnedDescriptor, writingEnd: OwnedDescriptor) {
        var ends: [Int32] = [-1, -1]
        guard systemPipe(&ends) == 0 else {
            throw EmbeddedPostgresError(.startFailed, "no pipe to be had", underlying: SystemError.last)
        }
        // Swift does not see pipe2(2), which would set the flag at once. Swift-subprocess closes everything in its children anyway;
        // only a foreign fork and exec at this very moment could inherit an end.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (OwnedDescriptor(ends[0]), OwnedDescriptor(ends[1]))
    }
}

// The methods above hide the functions of the same name.
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func systemPipe(_ ends: inout [Int32]) -> Int32 { pipe(&ends) }
