import FaultProxy

/// Tells the statements of one run apart, by text and occurrence, from what passes the proxy.
struct StatementLog {
    private struct Place: Hashable {
        let connection: Int
        let number: Int
    }

    /// A cut before each statement so far and one before each answer, in the order of a run: what the server has not got yet is
    /// tried before what it has.
    private(set) var cuts: [ConnectionCut] = []
    private var occurrences: [String: Int] = [:]
    private var numbers: [Place: Int] = [:]

    /// Takes note of a passage.
    /// - Returns: the cut that would happen here, nil at the moments at which none is made: they lie between the others, and
    ///   neither side can tell.
    mutating func note(_ passage: Passage) -> ConnectionCut? {
        let place = Place(connection: passage.connection, number: passage.number)
        switch passage.moment {
        case .beforeRequest:
            occurrences[passage.statement, default: 0] += 1
            let number = numbers.count + 1
            numbers[place] = number
            cuts += ConnectionCut.Moment.allCases.map {
                ConnectionCut(
                    statement: passage.statement, occurrence: occurrences[passage.statement, default: 1],
                    number: number, moment: $0)
            }
            return cuts[2 * (number - 1)]
        case .beforeAnswer:
            return numbers[place].map { cuts[2 * ($0 - 1) + 1] }
        case .afterRequest, .afterAnswer:
            return nil
        }
    }
}
