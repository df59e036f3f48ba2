/// A check's level in each profile; nil where the profile says nothing of it, so that it is not run.
package struct Levels: Sendable {
    private let ietf: Level?
    private let strict: Level?
    private let stripe: Level?
    private let acp: Level?

    init(ietf: Level?, strict: Level?, stripe: Level?, acp: Level?) {
        self.ietf = ietf
        self.strict = strict
        self.stripe = stripe
        self.acp = acp
    }

    /// The same in all four.
    static func all(_ level: Level) -> Levels { Levels(ietf: level, strict: level, stripe: level, acp: level) }

    package subscript(profile: Profile) -> Level? {
        switch profile {
        case .ietf: ietf
        case .ietfStrict: strict
        case .stripe: stripe
        case .acp: acp
        }
    }
}
