import IdempotencyConformance

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A text on the command line, or the file that holds it.
enum ArgumentText {
    /// - Parameters:
    ///   - argument: the text itself, or `@` and the name of a file.
    ///   - option: named by the error.
    /// - Throws: ``ConformanceError`` with `.settings` when there is no such file, or it is not UTF-8.
    static func read(_ argument: String, option: String) throws -> String {
        guard argument.hasPrefix("@") else { return argument }
        let path = String(argument.dropFirst())
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: path)),
            let text = String(bytes: bytes, encoding: .utf8)
        else {
            throw ConformanceError(.settings, "\(option): there is no text in \(path)")
        }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
