import HTTPTypes

/// Stored header fields: whatever the bytes, no trap; what decodes is encoded and decoded again without a change.
func check(_ input: [UInt8]) {
    guard let fields = try? HeaderCodec.decode(input) else { return }
    let encoded = HeaderCodec.encode(fields)
    // A length may have been spelled with more bytes than it needs, never with fewer.
    require(encoded.count <= input.count, "encoding made the fields longer")
    guard let again = try? HeaderCodec.decode(encoded) else {
        return require(false, "what was encoded does not decode")
    }
    require(HeaderCodec.encode(again) == encoded, "encoding what was decoded makes other bytes")
    require(
        again.map(\.name.rawName) == fields.map(\.name.rawName)
            && again.map { $0.withUnsafeBytesOfValue(Array.init) }
                == fields.map { $0.withUnsafeBytesOfValue(Array.init) }
            && again.map(\.indexingStrategy) == fields.map(\.indexingStrategy),
        "the fields changed")

    let stored = HeaderCodec.storedFields(of: fields)
    require(!stored.contains { $0.name == .setCookie || $0.name == .connection }, "a field is stored that never may be")
    require(
        HeaderCodec.encode(HeaderCodec.storedFields(of: stored)) == HeaderCodec.encode(stored),
        "what may be stored depends on how often it is asked")
}
