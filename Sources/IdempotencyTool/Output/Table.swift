/// Rows in aligned columns, for people.
struct Table {
    let header: [String]
    var rows: [[String]] = []

    /// The lines, without white space at their ends and without a line break after the last.
    var text: String {
        let lines = ([header] + rows).map { $0.map(\.printable) }
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            var text = zip(line, widths)
                .map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ")
            while text.hasSuffix(" ") {
                text.removeLast()
            }
            return text
        }.joined(separator: "\n")
    }
}
