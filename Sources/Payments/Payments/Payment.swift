import Hummingbird

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Money that has left an account.
struct Payment: Sendable, Hashable, ResponseEncodable {
    let id: UUID
    let accountID: Int64
    let amount: Int64
    let currency: String
    let reference: String?
    let createdAt: Date

    enum CodingKeys: String, CodingKey {
        case id
        case accountID = "account_id"
        case amount
        case currency
        case reference
        case status
        case createdAt = "created_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id.uuidString.lowercased(), forKey: .id)
        try container.encode(accountID, forKey: .accountID)
        try container.encode(amount, forKey: .amount)
        try container.encode(currency, forKey: .currency)
        // Present and null when there is none: readers need not tell absent from null.
        try container.encode(reference, forKey: .reference)
        // A payment exists only if it succeeded.
        try container.encode("succeeded", forKey: .status)
        try container.encode(createdAt, forKey: .createdAt)
    }
}
