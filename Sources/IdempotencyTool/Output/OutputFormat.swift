import ArgumentParser

/// Who reads the output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// People: aligned columns. May change from version to version.
    case table
    /// Scripts: one JSON document. Fields are added, never renamed.
    case json
}
