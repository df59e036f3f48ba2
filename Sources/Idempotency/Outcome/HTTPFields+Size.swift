package import HTTPTypes

extension HTTPFields {
    /// The size of a header section in bytes: names and values, without what a version of HTTP puts between them.
    package var size: Int {
        reduce(0) { $0 + $1.name.rawName.utf8.count + $1.withUnsafeBytesOfValue(\.count) }
    }
}
