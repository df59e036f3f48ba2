#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What makes an operation another one than all others. A text has it where one of the marks stands.
struct Unique: Sendable {
    /// Hexadecimal digits, or a UUID, of which the server may demand the form.
    private static let marks = (digits: "{unique}", uuid: "{uuid}")

    private let uuid = UUID().uuidString.lowercased()

    /// Whether a text has a mark.
    static func isIn(_ text: String) -> Bool { text.contains(marks.digits) || text.contains(marks.uuid) }

    func filled(into text: String) -> String {
        text.replacing(Self.marks.digits, with: uuid.filter { $0 != "-" }).replacing(Self.marks.uuid, with: uuid)
    }
}
