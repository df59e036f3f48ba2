/// How a server is reached, and the URLs that say so. The URLs hold the password: never log them.
struct ServerAddress: Sendable, Hashable {
    let port: Int
    /// The folder of the Unix socket.
    let socketDirectory: String
    let password: String

    /// The name of the superuser and of the database to begin with.
    static let user = "postgres"

    var socketURL: String {
        "postgresql://\(Self.user):\(password)@/\(Self.user)?host=\(Self.percentEncoded(socketDirectory))&port=\(port)"
    }

    var tcpURL: String {
        "postgresql://\(Self.user):\(password)@127.0.0.1:\(port)/\(Self.user)"
    }

    /// Source: RFC 3986, section 2.3 (unreserved characters).
    static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let character = Character(Unicode.Scalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "-._~".contains(character) {
                result.append(character)
            } else {
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
