import Foundation

/// Where errors go, so that standard output stays what a script can parse.
enum StandardError {
    /// Writes one line. There is nobody left to tell when that fails.
    static func write(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
}
