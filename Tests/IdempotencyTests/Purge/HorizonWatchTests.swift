import Testing

@testable import Idempotency

@Suite("Horizon watch")
struct HorizonWatchTests {
    /// One look: the oldest transaction ID, for how many seconds the database says it is held, the time, and the seconds in the
    /// warning that follows.
    typealias Looks = [(xid: String, heldFor: Int?, seenAt: Int, warning: Int?)]

    @Test(
        "warns once for each snapshot that is held too long, by what the database says or what was seen",
        arguments: [
            // The database says it: at once, and not again.
            [("7", 60, 1000, 60), ("7", 120, 1060, nil), ("7", 180, 1120, nil)],
            // Not long enough yet.
            [("7", 59, 1000, nil), ("7", 60, 1001, 60)],
            // The database hides it: from the first look on.
            [("7", nil, 1000, nil), ("7", nil, 1059, nil), ("7", nil, 1060, 60), ("7", nil, 1120, nil)],
            // A reader whose statements are short, within a long transaction.
            [("7", 5, 1000, nil), ("7", 5, 1061, 61)],
            // The horizon moves: nothing to warn of, however long one looks.
            [("7", nil, 1000, nil), ("8", nil, 1060, nil), ("9", nil, 1120, nil)],
            // It moves on to the next one that is held too long.
            [("7", 60, 1000, 60), ("8", 90, 1060, 90), ("8", 150, 1120, nil)],
            // The database's clock was set back.
            [("7", nil, 1000, nil), ("7", nil, 10, nil), ("7", -5, 1060, 60)],
        ] as [Looks])
    func warnings(looks: Looks) {
        var watch = HorizonWatch(limit: .seconds(60))
        for look in looks {
            let holder = HorizonHolder(
                name: "session 1", state: nil, xid: look.xid, heldFor: look.heldFor.map { .seconds($0) },
                seenAt: .seconds(look.seenAt))
            #expect(watch.warning(about: holder) == look.warning.map { .seconds($0) }, "\(look)")
        }
    }

    @Test("warns of each who holds the same snapshot, and of none twice")
    func holders() {
        var watch = HorizonWatch(limit: .seconds(60))
        func warns(_ name: String, _ heldFor: Int? = nil, at time: Int) -> Bool {
            watch.warning(
                about: HorizonHolder(
                    name: name, state: nil, xid: "7", heldFor: heldFor.map { .seconds($0) }, seenAt: .seconds(time)))
                != nil
        }
        #expect(!warns("a", at: 1000))
        #expect(!warns("b", at: 1030))
        #expect(warns("a", at: 1060))
        #expect(warns("b", at: 1090))
        #expect(!warns("a", at: 1120))
        #expect(!warns("b", 500, at: 1120))
    }

    @Test("says seconds, not fractions")
    func seconds() {
        var watch = HorizonWatch(limit: .milliseconds(1))
        let holder = HorizonHolder(
            name: "session 1", state: nil, xid: "7", heldFor: .milliseconds(1999), seenAt: .seconds(1))
        #expect(watch.warning(about: holder) == .seconds(1))
    }
}
