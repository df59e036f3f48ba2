import Foundation
import HTTPTypes

/// Keeps the body as parsed JSON: a replay has other bytes than the first answer.
struct RewritesBody: KeyedServer {
    let memory = Memory()

    func replay(_ answer: StoredAnswer, order: Order, principal: String) async -> StoredAnswer {
        var answer = answer
        if let object = try? JSONSerialization.jsonObject(with: Data(answer.body.utf8)),
            let bytes = try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
        {
            answer.body = String(decoding: bytes, as: UTF8.self)
        }
        answer.fields[.setCookie] = nil
        return answer
    }
}
