extension String {
    /// In quotes, each quote in it doubled: an identifier with `"`, a literal with `'`.
    ///
    /// By scalars: to `String` a quote with a combining mark behind it is another character, to PostgreSQL it is a quote.
    ///
    /// Source: PostgreSQL, "Identifiers and Key Words" and "String Constants", with `standard_conforming_strings`.
    package func quoted(with quote: Unicode.Scalar) -> String {
        var result = String.UnicodeScalarView([quote])
        for scalar in unicodeScalars {
            if scalar == quote { result.append(quote) }
            result.append(scalar)
        }
        result.append(quote)
        return String(result)
    }
}
