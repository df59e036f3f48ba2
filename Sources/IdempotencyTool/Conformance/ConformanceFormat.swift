import ArgumentParser

/// Who reads a report on conformance.
enum ConformanceFormat: String, ExpressibleByArgument, CaseIterable {
    /// People: aligned columns. May change from version to version.
    case table
    /// Scripts: one JSON document. Fields are added, never renamed.
    case json
    /// CI: JUnit's XML.
    case junit
}
