import Foundation

/// A `console` block of a page: what was typed, and what came back.
struct Transcript: Equatable {
    struct Step: Equatable {
        /// What stands behind the prompt; further lines where one ends with a backslash.
        let command: String
        var output: String
    }

    var steps: [Step]

    /// Reads the lines between the fences. A line with a prompt, `$ `, begins a step.
    init(_ text: String) {
        var steps: [Step] = []
        var command: [Substring]?
        var output: [Substring] = []
        func end() {
            guard let command else { return }
            let text = output.joined(separator: "\n").trimmingCharacters(in: .newlines)
            steps.append(Step(command: command.joined(separator: "\n"), output: text))
            output = []
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("$ ") {
                end()
                command = [line.dropFirst(2)]
            } else if output.isEmpty, command?.last?.hasSuffix("\\") == true {
                command?.append(line)
            } else {
                output.append(line)
            }
        }
        end()
        self.steps = steps
    }

    /// The lines between the fences. An empty one follows each output.
    var text: String {
        steps.map { $0.output.isEmpty ? "$ \($0.command)\n" : "$ \($0.command)\n\($0.output)\n\n" }.joined()
            .trimmingCharacters(in: .newlines)
    }
}

/// A page with transcripts in it.
struct TranscriptPage {
    private static let (opening, closing) = ("\n```console\n", "\n```\n")

    var transcripts: [Transcript]
    /// What stands around the transcripts, one more piece than there are of those.
    private let prose: [String]

    init(markdown: String) {
        var (transcripts, prose): ([Transcript], [String]) = ([], [])
        for (index, piece) in markdown.components(separatedBy: Self.opening).enumerated() {
            let parts = piece.components(separatedBy: Self.closing)
            if index > 0 { transcripts.append(Transcript(parts[0])) }
            prose.append(parts.dropFirst(index > 0 ? 1 : 0).joined(separator: Self.closing))
        }
        (self.transcripts, self.prose) = (transcripts, prose)
    }

    var markdown: String {
        zip(transcripts, prose.dropFirst()).reduce(into: prose[0]) { text, piece in
            text += Self.opening + piece.0.text + Self.closing + piece.1
        }
    }
}

/// Replaces what differs by nature from run to run. The same id is the same name within one page, so that ids that should be equal,
/// or should not, are compared.
struct TranscriptNormalizer {
    private var names: [String: String] = [:]

    mutating func normalized(_ text: String) -> String {
        var text = text
        for match in text.matches(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/)
        where names[String(match.output.0)] == nil {
            names[String(match.output.0)] = "<id \(names.count + 1)>"
        }
        for (id, name) in names { text = text.replacing(id, with: name) }
        return text.replacing(/\d{4}-\d\d-\d\dT[0-9:.]+Z/, with: "<time>")
            .replacing(/@\d{10}/, with: "@<time>")
            .replacing(/after \d+ milliseconds/, with: "after <some> milliseconds")
    }
}
