internal import LibPQ
internal import Logging

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// One attempt at a unit: claim, work, ending. The decisions are ``ClaimDecision`` and ``EndingDecision``; this drives them.
extension Idempotency {
    /// Whatever leaves the transaction open on return is rolled back by the pool, for which nobody waits.
    func attempt(
        _ unit: KeyedUnit, _ progress: inout Progress, on connection: PostgresConnection,
        finalOutcome: ((any Error) async throws -> Outcome?)?,
        isolation: isolated (any Actor)? = #isolation, _ work: (PostgresTransaction) async throws -> Outcome
    ) async throws -> Attempt {
        let transaction: PostgresTransaction
        let expiresAt: Date
        do {
            // A client that hangs up must not undo work that is nearly done: the outcome is kept, and its retry replays it.
            transaction = try await connection.begin(TransactionOptions(ignoresCancellation: true))
            let own = progress.unknown?.own.expiresAt
            switch try await claim(unit, in: transaction, startOvers: progress.startOvers, own: own) {
            case .claimed(let expiry):
                try countNewKey(unit, &progress)
                expiresAt = expiry
            case .replay(let stored) where Mutant.noDeduplication.isActive: expiresAt = stored.expiresAt
            case let other: return try answer(other, unit, own: own)
            }
        } catch let error as PostgresError
            where error.endsConnection && progress.startOvers < ClaimDecision.maximumStartOvers
        {
            return .startOver  // the pool's connection had died; nothing was persisted on it
        }
        try countRerun(&progress)
        singleFlight.setClaimed(true, unit.flightKey)
        defer { singleFlight.setClaimed(false, unit.flightKey) }
        let deadline = ContinuousClock.now + unit.policy.handlerDeadline
        await connection.setDeadline(deadline, of: transaction)

        let returned: Outcome
        do {
            returned = try await work(transaction)
        } catch {
            let final = try await finalOutcome?(error)
            let isLate = deadline <= .now
            let end = WorkEnd(
                result: isLate && (error as? PostgresError)?.code == .timedOut
                    ? .cutOff
                    : .threw(final: final != nil, sqlState: (error as? PostgresError)?.sqlState?.rawValue),
                transaction: await state(of: transaction), isLate: isLate,
                missedDeadline: await connection.hasMissedDeadline(transaction))
            if Mutant.writesKeptOnFinalError.isActive, let final {
                return try await commit(
                    final, of: unit, transaction, expiresAt: expiresAt, rerunsLeft: progress.rerunsLeft)
            }
            await connection.rollBack(transaction)
            switch EndingDecision.after(end, rerunsLeft: progress.rerunsLeft) {
            case .rerun: return .rerun
            case .storeFinal:
                guard let final else { return .threw(error) }
                singleFlight.setClaimed(false, unit.flightKey)  // another process may be faster
                return try await storeFinal(final, of: unit, on: connection, startOvers: progress.startOvers)
            case .fail(let failure): throw self.error(for: failure, underlying: error)
            case .handOn, .commit: return .threw(error)
            }
        }
        let end = WorkEnd(
            result: .returned(status: returned.status), transaction: await state(of: transaction),
            isLate: deadline <= .now)
        let decision = EndingDecision.after(end, rerunsLeft: progress.rerunsLeft)
        if decision == .commit {
            return try await commit(
                returned, of: unit, transaction, expiresAt: expiresAt, rerunsLeft: progress.rerunsLeft)
        }
        await connection.rollBack(transaction)
        switch decision {
        case .handOn: return .answered(Performed(outcome: returned, disposition: .notStored))
        case .rerun: return .rerun
        case .fail(let failure): throw error(for: failure)
        case .commit, .storeFinal: preconditionFailure("a returned outcome is not a final error")
        }
    }

    // MARK: Claim

    private func claim(
        _ unit: KeyedUnit, in transaction: PostgresTransaction, startOvers: Int, own: Date?
    ) async throws(PostgresError) -> ClaimDecision {
        let lockTimeout = lockTimeout(claimWaiters.enter(budget: unit.policy.waitBudget))
        defer { claimWaiters.leave() }
        do throws(PostgresError) {
            let answers = try await transaction.pipeline(Ledger.claim(unit, lockTimeout: lockTimeout))
            let decision = ClaimDecision.after(
                try Ledger.claimResult(answers), fingerprint: unit.fingerprint, lateFrom: unit.lateFrom,
                startOvers: startOvers, own: own)
            guard decision == .reclaim else { return decision }
            let reclaim = try await transaction.pipeline(Ledger.reclaim(unit, lockTimeout: lockTimeout))
            return ClaimDecision.after(
                try Ledger.reclaimResult(reclaim), fingerprint: unit.fingerprint, startOvers: startOvers)
        } catch {
            return try Self.decision(after: error, unit, startOvers: startOvers)
        }
    }

    /// The `lock_timeout` to set for a wait of this length; nil when the connections have it already.
    private func lockTimeout(_ budget: Duration) -> Duration? {
        budget == pool.connectionConfiguration.lockTimeout ? nil : budget
    }

    /// A failed statement of the protocol's own, as far as the protocol gives it a meaning.
    private static func decision(
        after error: PostgresError, _ unit: KeyedUnit, startOvers: Int
    ) throws(PostgresError) -> ClaimDecision {
        guard error.code == .server, let sqlState = error.sqlState else { throw error }
        let decision = ClaimDecision.after(
            .failed(sqlState: sqlState.rawValue), fingerprint: unit.fingerprint, startOvers: startOvers)
        if case .failed = decision { throw error }
        return decision
    }

    /// What a claim that did not get the key comes to.
    private func answer(_ decision: ClaimDecision, _ unit: KeyedUnit, own: Date? = nil) throws -> Attempt {
        switch decision {
        case .replay(let stored): return .answered(Performed(replaying: stored))
        case .unseal(let row):
            let opened = ClaimResult.looked(inserted: false, row: try unsealed(row, unit))
            return try answer(
                ClaimDecision.after(opened, fingerprint: unit.fingerprint, startOvers: 0, own: own), unit)
        case .startOver, .reclaim: return .startOver
        case .mismatch: throw IdempotencyError.mismatch
        case .keyExpired: throw IdempotencyError.keyExpired
        case .inFlight: throw IdempotencyError.inFlight
        case .giveUp: throw IdempotencyError.unavailable(nil)
        case .damaged(let damage): throw damagedOutcome(damage)
        case .claimed, .failed: preconditionFailure("handled by the callers")
        }
    }

    func damagedOutcome(_ damage: ClaimDecision.Damage) -> IdempotencyError {
        logger.critical("a stored key is damaged", metadata: ["damage": "\(damage)"])
        return IdempotencyError(.damagedOutcome, "the stored outcome cannot be replayed")
    }

    /// Only a claim tells whether a key is new. That of a refused one is rolled back with its transaction.
    private func countNewKey(_ unit: KeyedUnit, _ progress: inout Progress) throws(IdempotencyError) {
        guard let limit = unit.policy.newKeys, !progress.isCounted else { return }
        try newKeyLimiter.admit(scope: unit.scope, limit: limit)
        progress.isCounted = true
    }

    /// A key that is claimed after an unknown COMMIT proves that it was undone: the work runs again.
    private func countRerun(_ progress: inout Progress) throws(IdempotencyError) {
        guard progress.unknown != nil else { return }
        progress.unknown = nil
        guard progress.rerunsLeft > 0 else {
            logger.warning("gave up running again: each COMMIT was lost")
            throw IdempotencyError.unavailable(nil)
        }
        progress.rerunsLeft -= 1
    }

    // MARK: Endings

    private func state(of transaction: PostgresTransaction) async -> WorkEnd.TransactionState {
        let connection = transaction.connection
        if let failure = await connection.failure(of: transaction) {
            return .aborted(sqlState: failure.sqlState?.rawValue)
        }
        return await connection.isClosed ? .lost : .healthy
    }

    private func commit(
        _ outcome: Outcome, of unit: KeyedUnit, _ transaction: PostgresTransaction, expiresAt: Date, rerunsLeft: Int
    ) async throws -> Attempt {
        let executed = Performed(outcome: outcome, disposition: .executed, expiresAt: expiresAt)
        let columns: OutcomeColumns
        do {
            columns = try self.columns(of: outcome, unit)
        } catch {
            await transaction.connection.rollBack(transaction)
            throw error
        }
        do throws(PostgresError) {
            let answers = try await transaction.connection.commit(
                transaction, after: [Ledger.storeOutcome(unit, columns)])
            if answers.first?.affectedRows != 1 {
                logger.critical("the work was committed without its outcome: something else changed the key's row")
            }
            return .answered(executed)
        } catch {
            switch error.code {
            case .commitUnknown where Mutant.lostAnswerIsSuccess.isActive:
                return .answered(executed)
            case .commitUnknown: return .unknown(executed)
            case .transactionAborted: throw self.error(for: .transactionAborted(sqlState: error.sqlState?.rawValue))
            case .server: break
            default: throw error
            }
            let end = WorkEnd(result: .refusedAtCommit(sqlState: error.sqlState?.rawValue), transaction: .healthy)
            switch EndingDecision.after(end, rerunsLeft: rerunsLeft) {
            case .rerun: return .rerun
            case .fail(.rerunsExhausted(let sqlState)): throw self.error(for: .rerunsExhausted(sqlState: sqlState))
            default: return .threw(error)  // as it would have come out of the work's own transaction
            }
        }
    }

    /// Stores a final error's outcome with its key, after the work was rolled back.
    private func storeFinal(
        _ outcome: Outcome, of unit: KeyedUnit, on connection: PostgresConnection, startOvers: Int
    ) async throws -> Attempt {
        let columns = try columns(of: outcome, unit)
        do {
            let lockTimeout = lockTimeout(claimWaiters.enter(budget: unit.policy.waitBudget))
            defer { claimWaiters.leave() }
            let answers = try await connection.commit(
                try await connection.begin(), after: Ledger.storeFinal(unit, columns, lockTimeout: lockTimeout))
            let decision = ClaimDecision.after(
                try Ledger.claimResult(answers), fingerprint: unit.fingerprint, startOvers: startOvers)
            switch decision {
            case .claimed(let expiresAt):
                return .answered(Performed(outcome: outcome, disposition: .executed, expiresAt: expiresAt))
            case .reclaim:
                let taken = try await connection.commit(
                    try await connection.begin(),
                    after: Ledger.reclaim(unit, lockTimeout: lockTimeout) + [Ledger.storeOutcome(unit, columns)])
                guard case .reclaimed(let expiries) = try Ledger.reclaimResult(taken), let expiry = expiries.first
                else {
                    return .startOver
                }
                return .answered(
                    Performed(outcome: outcome, disposition: .executed, expiresAt: expiry.orDistant))
            default:
                return try answer(decision, unit)
            }
        } catch let error as PostgresError {
            if error.code == .commitUnknown {
                return .unknown(Performed(outcome: outcome, disposition: .executed))
            }
            return try answer(Self.decision(after: error, unit, startOvers: startOvers), unit)
        }
    }

    // MARK: Columns

    /// What is to be stored of an answer.
    private func columns(of outcome: Outcome, _ unit: KeyedUnit) throws -> OutcomeColumns {
        let columns: OutcomeColumns
        do {
            columns = try OutcomeColumns(outcome, under: unit.policy)
        } catch {
            logger.error("the answer cannot be stored", metadata: ["reason": "\(error.message)"])
            throw error
        }
        return if let keyRing { try unit.sealed(columns, by: keyRing) } else { columns }
    }

    private func unsealed(_ row: StoredRow, _ unit: KeyedUnit) throws(IdempotencyError) -> StoredRow {
        do {
            return try unit.unsealed(row, by: keyRing)
        } catch {
            logger.critical(
                "a stored outcome cannot be decrypted",
                metadata: ["key": "\(row.sealedWith ?? "")", "reason": "\(error.rawValue)"])
            throw .outcomeUnreadable
        }
    }

    private func error(for failure: EndingDecision.Failure, underlying: (any Error)? = nil) -> any Error {
        switch failure {
        case .transactionAborted, .refusedAtCommit:
            logger.error("the work returned an answer although a statement of it had failed")
            return IdempotencyError(
                .transactionAborted, "the transaction had failed, so nothing was written and the answer would be untrue"
            )
        case .connectionLost:
            return IdempotencyError.unavailable(nil)
        case .deadlineExceeded:
            logger.warning("the work took longer than its deadline, and was rolled back")
            return IdempotencyError(
                .deadlineExceeded, "the work took longer than it may, so nothing was written", underlying: underlying)
        case .rerunsExhausted(let sqlState):
            logger.warning("gave up running again", metadata: ["sqlstate": "\(sqlState)"])
            return IdempotencyError.unavailable(nil)
        }
    }
}

extension PostgresError {
    /// The connection is gone, and COMMIT was not involved: nothing of its transaction persists.
    fileprivate var endsConnection: Bool { code == .connectionLost || code == .connectionClosed }
}
