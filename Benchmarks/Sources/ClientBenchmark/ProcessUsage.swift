#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What this process has used so far.
enum ProcessUsage {
    /// User and system time of all its threads.
    static var cpuMicroseconds: Double {
        let usage = current
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) * 1e6 + Double($1.tv_usec) }
    }

    /// The most memory that was ever resident: `VmHWM` of Linux.
    static var peakResidentKiB: Int {
        #if canImport(Darwin)
        current.ru_maxrss / 1024  // bytes there
        #else
        // A process takes over its parent's maximum; ours is larger than the shell's.
        current.ru_maxrss
        #endif
    }

    private static var current: rusage {
        var usage = rusage()
        #if canImport(Glibc)
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
        getrusage(RUSAGE_SELF, &usage)
        #endif
        return usage
    }
}
