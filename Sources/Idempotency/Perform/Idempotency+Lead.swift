internal import LibPQ
internal import Logging

/// Runs one unit to its end: attempts, each on a leased connection and in a transaction of its own, until one answers.
extension Idempotency {
    /// What one attempt came to. What it *throws* comes from the engine or the database, never from the work.
    enum Attempt {
        case answered(Performed)
        /// The work's own error; its writes are undone.
        case threw(any Error)
        /// Nothing was persisted, and a new transaction may do better.
        case startOver
        /// A conflict between transactions: the work runs again.
        case rerun
        /// Whether this was committed is not known.
        case unknown(Performed)
    }

    /// How far a unit has come.
    struct Progress {
        var startOvers = 0
        var rerunsLeft: Int
        /// Whether the key has been counted against its scope's limit of new keys: once, however often it is claimed.
        var isCounted = false
        /// Set by an unknown COMMIT: what was to be committed, and how long to look for it. Cleared when the key can be
        /// claimed again, which proves that it was not committed.
        var unknown: (own: Performed, deadline: ContinuousClock.Instant)?
    }

    func lead(
        _ unit: KeyedUnit, finalOutcome: ((any Error) async throws -> Outcome?)?,
        isolation: isolated (any Actor)? = #isolation, _ work: (PostgresTransaction) async throws -> Outcome
    ) async throws -> Performed {
        var progress = Progress(rerunsLeft: unit.policy.maximumReruns)
        while true {
            do {
                let attempt = try await pool.withConnection { connection in
                    try await self.attempt(unit, &progress, on: connection, finalOutcome: finalOutcome, work)
                }
                switch attempt {
                case .answered(let performed):
                    return resolved(performed, unit.policy, progress)
                case .threw(let error):
                    throw WorkError(error)
                case .startOver:
                    progress.startOvers += 1
                case .rerun:
                    progress.rerunsLeft -= 1
                case .unknown(let own):
                    logger.warning("COMMIT unknown: claiming the key again to find out")
                    progress.unknown = (own, .now + unit.policy.resolveDeadline)
                }
            } catch let error as WorkError {
                throw error.underlying
            } catch {
                guard let unknown = progress.unknown else { throw Self.reported(error) }
                if Self.isAnswer(error) { throw error }
                // The database is away, or the old backend still holds the key: ask again in a moment. Any other error leaves
                // the question open as well.
                guard Self.isPassing(error), .now < unknown.deadline else {
                    throw IdempotencyError.outcomeUnknown(error)
                }
                do { try await Task.sleep(for: Self.pauseBetweenQuestions) } catch {
                    throw IdempotencyError.outcomeUnknown(error)
                }
            }
        }
    }

    /// Lets the work's own error pass the `catch` that is for the engine's.
    private struct WorkError: Error {
        let underlying: any Error
        init(_ underlying: any Error) { self.underlying = underlying }
    }

    /// Short against the time in which a server restarts, long against a round trip.
    private static let pauseBetweenQuestions: Duration = .milliseconds(100)

    /// After an unknown COMMIT the row that is found is usually our own. Then this is no replay, and the answer has what is not
    /// stored, too.
    ///
    /// It is ours when it holds what we would have stored, and its claim had the time of ours: of two answers that differ, the same may be
    /// stored. A final error is stored without a claim before it, so that only the whole of it can be recognised.
    private func resolved(_ performed: Performed, _ policy: IdempotencyPolicy, _ progress: Progress) -> Performed {
        guard let own = progress.unknown?.own else { return performed }
        let executed = Performed(outcome: own.outcome, disposition: .executed, expiresAt: performed.expiresAt)
        guard executed.stored(under: policy) == performed.stored(under: policy),
            performed.expiresAt == own.expiresAt || own.expiresAt == nil && performed.form == .snapshot
        else { return performed }
        return executed
    }

    /// What the key's row says, so that there is nothing to resolve any more.
    private static func isAnswer(_ error: any Error) -> Bool {
        guard let error = error as? IdempotencyError else { return false }
        return [.mismatch, .damagedOutcome, .outcomeUnreadable, .keyExpired].contains(error.code)
    }

    /// An error of the moment, which says nothing about the key.
    private static func isPassing(_ error: any Error) -> Bool {
        switch error {
        case let error as PostgresError: error.isOfTheMoment
        case let error as IdempotencyError: error.code == .inFlight || error.code == .unavailable
        default: false
        }
    }

    /// A database that is away or busy gets the engine's own code, everything else stays as it is.
    static func reported(_ error: any Error) -> any Error {
        guard let error = error as? PostgresError, error.isOfTheMoment || error.sqlState == .queryCanceled else {
            return error
        }
        return IdempotencyError.unavailable(error)
    }
}

extension PostgresError {
    /// The protocol's own statement may succeed a moment later. It always writes, so a server that refuses that is one that has been
    /// demoted, or has not been promoted yet.
    fileprivate var isOfTheMoment: Bool { isTransient || sqlState == .readOnlySQLTransaction }
}
