/// Cuts what a socket sends into messages.
struct MessageReader {
    let socket: Socket
    private var buffer: ArraySlice<UInt8> = []

    init(_ socket: Socket) { self.socket = socket }

    /// The messages that have arrived completely, at least one; nil at the end of the connection.
    mutating func messages() -> [Message]? {
        while true {
            var messages: [Message] = []
            while buffer.count >= 5, case let length = Message.length(buffer.dropFirst()) + 1, buffer.count >= length {
                messages.append(Message(bytes: buffer.prefix(length)))
                buffer = buffer.dropFirst(length)
            }
            if !messages.isEmpty { return messages }
            guard let more = socket.read() else { return nil }
            buffer += more
        }
    }

    /// A message of the start-up, which has no type; nil at the end of the connection.
    mutating func startupMessage() -> ArraySlice<UInt8>? {
        while true {
            if buffer.count >= 4, case let length = Message.length(buffer), buffer.count >= length {
                defer { buffer = buffer.dropFirst(length) }
                return buffer.prefix(length)
            }
            guard let more = socket.read() else { return nil }
            buffer += more
        }
    }

    /// What was read and is no message yet.
    var rest: ArraySlice<UInt8> { buffer }
}
