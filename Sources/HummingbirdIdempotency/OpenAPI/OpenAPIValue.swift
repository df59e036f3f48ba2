/// A value of an OpenAPI document: JSON, with members that keep their order.
///
/// Write documents as literals; an order that makes sense to a reader survives into the YAML.
public enum OpenAPIValue: Sendable, Hashable {
    /// Members in order, each name once.
    case object([Member])
    /// Values in order.
    case array([OpenAPIValue])
    /// Text.
    case string(String)
    /// A whole number.
    case integer(Int)
    /// True or false.
    case boolean(Bool)
    /// Null.
    case null

    /// A named value of an object.
    public struct Member: Sendable, Hashable {
        /// The name.
        public let name: String
        /// The value.
        public var value: OpenAPIValue
    }

    /// A member of an object; nil where there is none. Setting it appends the member or changes it in its place, nil removes it; what is
    /// not an object becomes one.
    public subscript(name: String) -> OpenAPIValue? {
        get { members.first { $0.name == name }?.value }
        set {
            var members = members
            switch (members.firstIndex { $0.name == name }, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): return
            }
            self = .object(members)
        }
    }

    /// The members of an object; none of anything else.
    public var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    /// The elements of an array; none of anything else.
    public var elements: [OpenAPIValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// This value with another one worked in: members of objects one by one, elements of arrays that are not there yet at the end,
    /// descriptions one after the other. Whatever else is in both stays as it is here.
    public func merging(_ other: OpenAPIValue) -> OpenAPIValue {
        switch (self, other) {
        case (.object, .object(let others)):
            var merged = self
            for member in others {
                if member.name == "description", case .string(let text)? = self[member.name],
                    case .string(let more) = member.value
                {
                    merged[member.name] = text.contains(more) ? .string(text) : .string("\(text) \(more)")
                } else {
                    merged[member.name] = self[member.name]?.merging(member.value) ?? member.value
                }
            }
            return merged
        case (.array(let elements), .array(let others)):
            return .array(elements + others.filter { !elements.contains($0) })
        default:
            return self
        }
    }

    /// A reference to another part of the document.
    static func reference(_ path: String) -> OpenAPIValue {
        ["$ref": .string("#/\(path)")]
    }
}

extension OpenAPIValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    /// An object.
    public init(dictionaryLiteral members: (String, OpenAPIValue)...) {
        self = .object(members.map { Member(name: $0, value: $1) })
    }

    /// An array.
    public init(arrayLiteral elements: OpenAPIValue...) {
        self = .array(elements)
    }

    /// Text.
    public init(stringLiteral text: String) {
        self = .string(text)
    }

    /// A whole number.
    public init(integerLiteral number: Int) {
        self = .integer(number)
    }

    /// True or false.
    public init(booleanLiteral value: Bool) {
        self = .boolean(value)
    }

    /// Null.
    public init(nilLiteral: ()) {
        self = .null
    }
}
