/// One row in which the database differs from what one undisturbed run leaves behind.
public struct StateDifference: Sendable, Hashable {
    /// What is different.
    public enum Kind: Sendable, Hashable {
        /// The undisturbed run leaves the row behind; it is not there.
        case missing
        /// The row is there once too often.
        case extra
        /// The row has other values.
        case changed
    }

    /// The table, with its schema unless that is `public`.
    public let table: String
    /// What is different.
    public let kind: Kind
    /// The row: its columns and values. `new` stands for what the server made up during the run, such as ids and times.
    public let row: String

    init(_ table: String, _ kind: Kind, _ row: String) {
        self.table = table
        self.kind = kind
        self.row = row
    }

    /// Whether it only shows that the engine was not used as in the undisturbed run.
    var isOfEngine: Bool { table.hasPrefix("idempotency.") }
}

extension StateDifference: CustomStringConvertible {
    /// Table, kind and row.
    public var description: String {
        switch kind {
        case .missing: "\(table): a row is missing: \(row)"
        case .extra: "\(table): a row too many: \(row)"
        case .changed: "\(table): a row differs: \(row)"
        }
    }
}
