import HTTPTypes
import Idempotency

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One stored key, in both formats.
struct KeyReport: Encodable {
    let scope: String
    let id: String
    /// `completed`, `expired`, `tombstone`, or `in_flight`.
    let state: String
    let status: Int?
    let replay: String?
    let sealedWith: String?
    let createdAt: Date?
    let expiresAt: Date?
    let tombstoneUntil: Date?
    let bytes: Int?
    var answer: AnswerReport?

    init(_ record: KeyRecord) {
        scope = record.scope
        id = record.keyID.uuid.text
        state = record.state.rawValue
        status = record.status
        replay = record.form.map { "\($0)" }
        sealedWith = record.sealedWith
        createdAt = record.createdAt
        expiresAt = record.expiresAt
        tombstoneUntil = record.tombstoneUntil
        bytes = record.size
    }

    /// A key that somebody has claimed, about which nothing is committed.
    init(inFlight id: KeyID, scope: String) {
        self.scope = scope
        self.id = id.uuid.text
        state = "in_flight"
        (status, replay, sealedWith, bytes) = (nil, nil, nil, nil)
        (createdAt, expiresAt, tombstoneUntil) = (nil, nil, nil)
    }

    /// For people a line for each fact, and the answer as it is.
    func text(in format: OutputFormat) throws -> String {
        if format == .json { return try json() }
        var facts = [("scope", scope), ("id", id), ("state", state)]
        if let status { facts.append(("status", "\(status)")) }
        if let replay { facts.append(("replay", replay)) }
        if let sealedWith { facts.append(("encrypted with", sealedWith)) }
        if let createdAt { facts.append(("claimed", createdAt.formatted(.iso8601))) }
        if let expiresAt { facts.append(("expires", expiresAt.formatted(.iso8601))) }
        if let tombstoneUntil { facts.append(("refused until", tombstoneUntil.formatted(.iso8601))) }
        if let bytes { facts.append(("bytes", "\(bytes)")) }
        let width = facts.map { $0.0.count }.max() ?? 0
        let lines = facts.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + value
        }
        return (lines + (answer.map { ["", $0.text] } ?? [])).joined(separator: "\n").printable
    }
}

/// The answer that a replay gives.
struct AnswerReport: Encodable {
    struct Field: Encodable {
        let name: String
        let value: String
    }

    let fields: [Field]
    /// nil: it is not UTF-8.
    let body: String?
    /// nil: ``body`` has it.
    let bodyBase64: String?

    init(_ outcome: Outcome) {
        fields = outcome.headers.map { Field(name: $0.name.rawName, value: $0.value) }
        body = String(validating: outcome.body, as: UTF8.self)
        bodyBase64 = body == nil ? Data(outcome.body).base64EncodedString() : nil
    }

    var text: String {
        (fields.map { "\($0.name): \($0.value)" } + ["", body ?? bodyBase64 ?? ""]).joined(separator: "\n")
    }
}

extension UUID {
    /// As PostgreSQL writes it.
    var text: String { uuidString.lowercased() }
}
