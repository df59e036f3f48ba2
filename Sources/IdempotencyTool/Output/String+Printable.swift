extension String {
    /// The text with its control characters escaped, line ends and tabs excepted: what a caller has sent must not command an operator's
    /// terminal.
    var printable: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.properties.generalCategory == .control, scalar != "\n", scalar != "\t" {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}
