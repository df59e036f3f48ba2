import Hummingbird

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Money that has come back to the account of a payment.
struct Refund: Sendable, Hashable, ResponseEncodable {
    let id: UUID
    let paymentID: UUID
    let amount: Int64
    let createdAt: Date

    enum CodingKeys: String, CodingKey {
        case id
        case paymentID = "payment_id"
        case amount
        case createdAt = "created_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id.uuidString.lowercased(), forKey: .id)
        try container.encode(paymentID.uuidString.lowercased(), forKey: .paymentID)
        try container.encode(amount, forKey: .amount)
        try container.encode(createdAt, forKey: .createdAt)
    }
}
