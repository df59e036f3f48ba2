/// A request that got no answer.
struct NoAnswer: Error {
    /// Half a sentence: "no answer within 10 s".
    let reason: String
}
