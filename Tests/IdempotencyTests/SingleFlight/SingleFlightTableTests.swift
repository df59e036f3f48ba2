import Testing

@testable import Idempotency

@Suite("Single-flight table")
struct SingleFlightTableTests {
    typealias Table = SingleFlightTable<String>

    static let key = FlightKey(scope: "acme", keyID: KeyID(hashing: "k", secret: nil))
    static let mine = ClaimDecisionTests.mine
    static let other = ClaimDecisionTests.other

    enum Event: Sendable {
        case enter(String, fingerprint: Fingerprint = mine, scope: String = "acme")
        case leave(String, scope: String = "acme")
        case finish(outcome: Bool)
    }

    /// Runs events and writes down, in words, what each led to.
    static func run(_ events: [Event], limits: WaiterLimits) -> [String] {
        var table = Table(limits: limits)
        func id(_ name: String) -> Table.WaiterID { name.utf8.reduce(0) { $0 * 256 + Table.WaiterID($1) } }
        return events.map { event in
            switch event {
            case .enter(let name, let fingerprint, let scope):
                let key = FlightKey(scope: scope, keyID: key.keyID)
                return "\(table.enter(key, fingerprint: fingerprint, id: id(name), waiter: name))"
            case .leave(let name, let scope):
                let key = FlightKey(scope: scope, keyID: key.keyID)
                return table.leave(key, id: id(name)).map { "\($0) left" } ?? "nobody left"
            case .finish(let outcome):
                return switch table.finish(key, hasOutcome: outcome) {
                case .nobody: "nobody, \(table.count) running"
                case .promote(let waiter): "promote \(waiter)"
                case .deliver(let waiters, mismatches: []):
                    "deliver to \(waiters.joined(separator: " ")), \(table.count) running"
                case .deliver(let waiters, let mismatches):
                    "deliver to \(waiters.joined(separator: " ")), refuse \(mismatches.joined(separator: " ")), \(table.count) running"
                }
            }
        }
    }

    struct Story: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let events: [Event]
        let expected: [String]
        let limits: WaiterLimits

        init(_ sentence: String, total: Int = 100, _ steps: (Event, String)...) {
            self.testDescription = sentence
            self.events = steps.map(\.0)
            self.expected = steps.map(\.1)
            self.limits = WaiterLimits(perKey: 2, total: total)
        }
    }

    static let stories: [Story] = [
        Story(
            "the first leads, and leaves nothing behind with an outcome",
            (.enter("a"), "lead"), (.finish(outcome: true), "nobody, 0 running"), (.enter("b"), "lead")),
        Story(
            "the first leads, and leaves nothing behind without an outcome",
            (.enter("a"), "lead"), (.finish(outcome: false), "nobody, 0 running"), (.enter("b"), "lead")),
        Story(
            "an outcome goes to all waiters in their order",
            (.enter("a"), "lead"), (.enter("b"), "wait"), (.enter("c"), "wait"),
            (.finish(outcome: true), "deliver to b c, 0 running")),
        Story(
            "without an outcome exactly one is promoted, first come first served, and the others keep waiting",
            (.enter("a"), "lead"), (.enter("b"), "wait"), (.enter("c"), "wait"),
            (.finish(outcome: false), "promote b"), (.enter("d"), "wait"),
            (.finish(outcome: false), "promote c"), (.finish(outcome: true), "deliver to d, 0 running")),
        Story(
            "another fingerprint waits, too, and is refused when the leader leaves an outcome",
            (.enter("a"), "lead"), (.enter("b", fingerprint: other), "wait"), (.enter("c"), "wait"),
            (.finish(outcome: true), "deliver to c, refuse b, 0 running"), (.enter("b", fingerprint: other), "lead")),
        Story(
            "a leader that does not fit the key leaves it to a waiter that does",
            (.enter("a", fingerprint: other), "lead"), (.enter("b"), "wait"), (.finish(outcome: false), "promote b"),
            (.finish(outcome: true), "nobody, 0 running")),
        Story(
            "a promoted leader's fingerprint counts, and no longer the first one's",
            (.enter("a"), "lead"), (.enter("b", fingerprint: other), "wait"), (.enter("c"), "wait"),
            (.finish(outcome: false), "promote b"), (.enter("d", fingerprint: other), "wait"),
            (.finish(outcome: true), "deliver to d, refuse c, 0 running")),
        Story(
            "a waiter that left gets nothing",
            (.enter("a"), "lead"), (.enter("b"), "wait"), (.enter("c"), "wait"), (.leave("b"), "b left"),
            (.finish(outcome: false), "promote c"), (.finish(outcome: false), "nobody, 0 running")),
        Story(
            "leaving twice, after promotion, or without having entered does nothing",
            (.leave("a"), "nobody left"), (.enter("a"), "lead"), (.leave("a"), "nobody left"), (.enter("b"), "wait"),
            (.leave("b"), "b left"), (.leave("b"), "nobody left"), (.enter("c"), "wait"),
            (.finish(outcome: false), "promote c"), (.leave("c"), "nobody left"),
            (.finish(outcome: true), "nobody, 0 running")),
        Story(
            "past the cap a request is turned away, whatever its fingerprint, until a place is free",
            (.enter("a"), "lead"), (.enter("b"), "wait"), (.enter("c"), "wait"), (.enter("d"), "full"),
            (.enter("e", fingerprint: other), "full"), (.leave("b"), "b left"), (.enter("d"), "wait"),
            (.finish(outcome: true), "deliver to c d, 0 running")),
        Story(
            "past the cap for all keys a request of any key is turned away, and the first of a key still leads",
            total: 2,
            (.enter("a"), "lead"), (.enter("b"), "wait"), (.enter("x", scope: "globex"), "lead"),
            (.enter("y", scope: "globex"), "wait"), (.enter("c"), "full"), (.enter("z", scope: "globex"), "full"),
            (.enter("o", scope: "other"), "lead")),
        Story(
            "a place for all keys is free again after leaving, after promotion and after delivery", total: 1,
            (.enter("x", scope: "globex"), "lead"), (.enter("a"), "lead"),
            (.enter("b"), "wait"), (.enter("y", scope: "globex"), "full"), (.leave("b"), "b left"),
            (.leave("b"), "nobody left"),
            (.enter("y", scope: "globex"), "wait"), (.leave("y", scope: "globex"), "y left"),
            (.enter("c"), "wait"), (.finish(outcome: false), "promote c"),
            (.enter("y", scope: "globex"), "wait"), (.enter("d"), "full"), (.leave("y", scope: "globex"), "y left"),
            (.enter("d"), "wait"), (.finish(outcome: true), "deliver to d, 1 running"),
            (.enter("y", scope: "globex"), "wait")),
        Story(
            "the same key of another scope is another key",
            (.enter("a"), "lead"), (.enter("b", scope: "globex"), "lead"), (.finish(outcome: true), "nobody, 1 running")
        ),
    ]

    @Test("a key is claimed from when its leader says so until the leader says that it is not, or is done")
    func claimed() {
        var table = Table(limits: WaiterLimits())
        table.setClaimed(true, Self.key)
        #expect(!table.isClaimed(Self.key))
        #expect(table.enter(Self.key, fingerprint: Self.mine, id: 1, waiter: "a") == .lead)
        #expect(!table.isClaimed(Self.key))
        table.setClaimed(true, Self.key)
        #expect(table.isClaimed(Self.key))
        #expect(table.enter(Self.key, fingerprint: Self.mine, id: 2, waiter: "b") == .wait)
        _ = table.finish(Self.key, hasOutcome: false)
        #expect(!table.isClaimed(Self.key), "the next leader has not claimed it yet")
        table.setClaimed(true, Self.key)
        table.setClaimed(false, Self.key)
        #expect(!table.isClaimed(Self.key), "its transaction has ended")
        table.setClaimed(true, Self.key)
        _ = table.finish(Self.key, hasOutcome: true)
        #expect(!table.isClaimed(Self.key))
    }

    @Test("events lead to actions", arguments: stories)
    func story(story: Story) {
        #expect(Self.run(story.events, limits: story.limits) == story.expected)
    }
}
