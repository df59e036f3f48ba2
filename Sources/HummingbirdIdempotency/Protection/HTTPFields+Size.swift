import HTTPTypes

extension HTTPFields {
    /// The bytes of names and values, without what a version of HTTP puts between them.
    var size: Int {
        reduce(0) { $0 + $1.name.rawName.utf8.count + $1.withUnsafeBytesOfValue(\.count) }
    }
}
