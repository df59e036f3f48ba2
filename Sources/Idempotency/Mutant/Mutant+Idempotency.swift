internal import LibPQ

extension Mutant {
    /// COMMIT whose answer was lost is taken for success.
    static let lostAnswerIsSuccess = Mutant("lost-answer-is-success")
    /// A key that is completed runs again.
    static let noDeduplication = Mutant("no-deduplication")
    /// A final error is stored together with what the work had written.
    static let writesKeptOnFinalError = Mutant("writes-kept-on-final-error")
    /// The purge picks keys without locking them, and does not look at them again when it deletes.
    static let purgeWithoutRecheck = Mutant("purge-without-recheck")
    /// Claim and look are one statement, with one snapshot.
    static let oneStatementClaim = Mutant("one-statement-claim")
    /// An expired key is taken without looking again whether it still is.
    static let reclaimWithoutGuard = Mutant("reclaim-without-guard")
    /// Another request's outcome is replayed.
    static let fingerprintIgnored = Mutant("fingerprint-ignored")
}
