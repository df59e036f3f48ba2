import HTTPTypes
import Hummingbird
import NIOCore

/// An answer as a server keeps it.
struct StoredAnswer: Sendable {
    var status: HTTPResponse.Status
    var fields: HTTPFields
    var body: String

    init(_ status: HTTPResponse.Status, _ fields: HTTPFields = [:], body: String = "") {
        self.status = status
        self.fields = fields
        self.body = body
    }

    var response: Response {
        Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let idempotencyKeyExpires = HTTPField.Name("Idempotency-Key-Expires")!
    static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed")!
}
