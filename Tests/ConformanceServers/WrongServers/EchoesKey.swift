/// Repeats the key in its refusals.
struct EchoesKey: KeyedServer {
    let memory = Memory()

    func refuse(_ refusal: Refusal, key: String) -> StoredAnswer {
        var answer = CorrectServer(profile).refuse(refusal, key: key)
        answer.body = answer.body.replacing("Refused", with: "Refused: \(key.filter { $0 != "\"" })")
        return answer
    }
}
