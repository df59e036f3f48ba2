/// Unguessable text. The system's generator is a cryptographic one.
enum RandomText {
    static func hexadecimal(bytes: Int) -> String {
        (0..<bytes).map { _ in
            let byte = UInt8.random(in: .min ... .max)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
