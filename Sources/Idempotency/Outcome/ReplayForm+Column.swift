extension ReplayForm {
    /// The value of the column `replay_form`; nil, which is NULL, for the whole answer.
    var column: Int? {
        switch self {
        case .snapshot: nil
        case .reference: 1
        case .none: 2
        }
    }

    /// Reads the column; nil for a value that this version does not know.
    init?(column: Int?) {
        switch column {
        case nil: self = .snapshot
        case 1: self = .reference
        case 2: self = .none
        default: return nil
        }
    }
}
