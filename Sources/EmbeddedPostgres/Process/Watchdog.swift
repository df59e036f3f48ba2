import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Ends a temporary server and removes its directory as soon as its owner lets go, be it by ``release()``, by exiting or by
/// being killed with -9.
///
/// A tiny shell reads from a pipe whose only writing end is ours and closes on exec: the kernel closes it when we end, whatever
/// the reason, and the shell's `read` returns. It runs in a session of its own, so that what ends us does not end it too.
final class Watchdog: Sendable {
    private let pipe: OwnedDescriptor
    private let ended: Task<Void, any Error>

    /// - Parameter home: the temporary server's directory, which will be deleted.
    init(home: String) throws {
        let (readingEnd, writingEnd) = try OwnedDescriptor.pipe()
        pipe = writingEnd
        ended = Task {
            // As ourselves, not as the server's user: it must be able to remove the directory.
            _ = try await Subprocess.run(
                .path("/bin/sh"), arguments: ["-c", Self.script, "embedded-postgres-watchdog", home],
                workingDirectory: "/", platformOptions: Tool.options,
                input: .fileDescriptor(FileDescriptor(rawValue: readingEnd.take()), closeAfterSpawningProcess: true),
                output: .discarded, error: .discarded)
        }
    }

    /// Lets go and waits until server and directory are gone.
    func release() async throws {
        pipe.close()
        try await ended.value
    }

    /// `postmaster.pid` may be stale and its process id another program's by now, hence the look at where that process works.
    /// Removing is repeated because an interrupted `initdb` may still be writing.
    private static let script = #"""
        trap '' HUP INT QUIT TERM
        home=$1
        data=$1/data
        read -r _

        server() {
            pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
            if [ -d /proc/self ]; then
                [ "$(readlink "/proc/$pid/cwd")" = "$data" ]
            else
                ps -ww -o command= -p "$pid" | grep -qF -- "$data"
            fi
        }

        n=0
        while [ $n -lt 100 ] && server; do
            case $n in
                0) kill -QUIT "$pid" ;;
                70) kill -KILL "$pid" ;;
            esac
            n=$((n + 1))
            sleep 0.05
        done
        n=0
        while [ -e "$home" ] && [ $n -lt 100 ]; do
            server && kill -KILL "$pid"
            rm -rf -- "$home" && [ ! -e "$home" ] && break
            n=$((n + 1))
            sleep 0.1
        done
        """#
}
