import Foundation

/// The files of this repository, as far as documentation is compared with code.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The paths of the files with this extension.
    static func files(in folder: String, _ pathExtension: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path())) ?? []
        return names.filter { $0.hasSuffix(".\(pathExtension)") }.sorted().map { "\(folder)/\($0)" }
    }

    /// The text between fences of this language.
    static func blocks(_ language: String, in markdown: String) -> [String] {
        markdown.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    /// The cells of the first table under this heading, row by row, without its head.
    static func table(_ heading: String, in markdown: String) -> [[String]] {
        let section = markdown.components(separatedBy: "## \(heading)\n").dropFirst().first ?? ""
        return section.components(separatedBy: "\n").drop { !$0.hasPrefix("| ") }.prefix { $0.hasPrefix("|") }
            .dropFirst(2)
            .map { $0.dropFirst(2).dropLast(2).components(separatedBy: " | ") }
    }

    /// The pieces between a mark with a name and the mark with `end`, without the indentation that they have in common.
    static func pieces(of source: String, marked mark: String) -> [String] {
        source.components(separatedBy: mark).dropFirst().filter { !$0.hasPrefix("end") }.map { piece in
            let lines = piece.components(separatedBy: "\n").dropFirst().dropLast()
            let indentation =
                lines.filter { !$0.allSatisfy(\.isWhitespace) }
                .map { $0.prefix { $0 == " " }.count }.min() ?? 0
            return lines.map { String($0.dropFirst(indentation)) }.joined(separator: "\n")
                .trimmingCharacters(in: .newlines)
        }
    }
}
