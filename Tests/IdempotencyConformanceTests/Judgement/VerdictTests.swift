import Testing

@testable import IdempotencyConformance

@Suite("A verdict")
struct VerdictTests {
    private let first = Answer(201, body: [1])
    private let replay = Answer(201, [("Idempotent-Replayed", "true")], body: [1])

    private func principal(_ other: Answer, newEffects: Int? = nil, bodiesTell: Bool = true) -> Verdict {
        .principal(first: first, other: other, newEffects: newEffects, bodiesTell: bodiesTell)
    }

    @Test("on another principal: an answer or an effect of its own is right, news of the first is not")
    func principal() {
        #expect(principal(Answer(201, body: [2])) == .met("201 with a body of its own"))
        #expect(principal(Answer(201, body: [1]), newEffects: 1) == .met("201, with an effect of its own"))
        #expect(principal(Answer(404)) == .met("404, the other principal's own answer"))
        #expect(principal(Answer(201, body: [2]), newEffects: 0) == .unmet("201 without an effect of its own"))
        #expect(principal(Answer(201, body: [1])) == .unmet("201 with the first principal's body"))
        #expect(principal(replay, newEffects: 1) == .unmet("201, marked as a replay"))
        for status in [409, 422] {
            #expect(principal(Answer(status)) == .unmet("\(status): the other principal learns that the key is in use"))
        }
    }

    @Test("on another principal is none where that one is not known, or nothing tells its answer from the first's")
    func unknownPrincipal() {
        #expect(principal(Answer(403)) == .untested("the other principal was refused with 403"))
        #expect(
            principal(Answer(204), bodiesTell: false)
                == .untested("204: answers do not tell operations apart, and no --probe counts effects"))
    }

    @Test("on another request under a used key: anything but the stored answer is right")
    func otherRequest() {
        func verdict(_ other: Answer, bodiesTell: Bool = true) -> Verdict {
            .otherRequest("another query", first: first, other: other, bodiesTell: bodiesTell)
        }
        #expect(verdict(Answer(422)) == .met("422 for another query"))
        #expect(verdict(Answer(201, body: [2])) == .met("201 for another query"))
        #expect(verdict(Answer(201, body: [1])) == .unmet("201 for another query: the stored answer"))
        #expect(verdict(replay, bodiesTell: false) == .unmet("201 for another query: the stored answer"))
        #expect(
            verdict(Answer(201, body: [1]), bodiesTell: false)
                == .untested("201 for another query, and answers do not tell operations apart"))
    }

    @Test("on several things is the worst of them")
    func several() {
        #expect(Verdict.all([.met("a"), .met("b")]) == .met("a, b"))
        #expect(Verdict.all([.met("a"), .untested("b"), .unmet("c")]) == .unmet("c"))
        #expect(Verdict.all([.met("a"), .untested("b")]) == .untested("b"))
    }

    @Test("on two payloads at once: one runs, the other is refused")
    func contest() {
        func verdict(_ one: Int, _ other: Int, _ effects: Int?) -> Verdict {
            .contest(Answer(one), Answer(other), refusals: [409, 422], effects: effects)
        }
        #expect(verdict(201, 422, 1) == .met("201 and 422, 1 effect"))
        #expect(verdict(409, 201, nil) == .met("409 and 201"))
        #expect(verdict(201, 201, 2) == .unmet("201 and 201, 2 effects"))
        #expect(verdict(201, 422, 2) == .unmet("201 and 422, 2 effects"))
        #expect(verdict(201, 500, 1) == .unmet("201 and 500, 1 effect"))
        #expect(verdict(409, 409, 0) == .unmet("409 and 409, 0 effects"))
    }

    @Test("on a refusal wants its status, and no effect")
    func refused() {
        #expect(Verdict.refused(Answer(400), with: [400], effects: nil) == .met("400"))
        #expect(Verdict.refused(Answer(400), with: [400], effects: 0) == .met("400, no effect"))
        #expect(Verdict.refused(Answer(400), with: [400], effects: 1) == .unmet("400, and yet 1 effect"))
        #expect(Verdict.refused(Answer(201), with: [400], effects: 1) == .unmet("201"))
    }

    @Test("on a key that must be whole wants another operation to run under another end")
    func keyIsAnother() {
        #expect(
            Verdict.keyIsAnother(with: "end", first, isReplay: false)
                == .met("accepted; with another end it is another key"))
        for (answer, isReplay) in [(first, true), (replay, false), (Answer(422), false)] {
            guard case .unmet = Verdict.keyIsAnother(with: "end", answer, isReplay: isReplay) else {
                Issue.record("\(answer.status)")
                continue
            }
        }
    }

    @Test("weighs as much as its level, and a SHOULD more in a strict run")
    func result() {
        #expect(CheckResult(.met(""), level: .must, strict: false) == .pass)
        #expect(CheckResult(.untested(""), level: .must, strict: true) == .notTested)
        #expect(CheckResult(.unmet(""), level: .must, strict: false) == .fail)
        #expect(CheckResult(.unmet(""), level: .should, strict: false) == .warn)
        #expect(CheckResult(.unmet(""), level: .should, strict: true) == .fail)
        #expect(CheckResult(.unmet(""), level: .may, strict: true) == .note)
    }
}
