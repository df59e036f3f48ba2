extension KeyedUnit {
    /// Encrypts what is to be stored under the current key.
    func sealed(_ columns: OutcomeColumns, by keyRing: IdempotencyKeyRing) throws -> OutcomeColumns {
        let seal = OutcomeSeal(
            scope: scope, keyID: keyID, status: columns.status, replayForm: columns.replayForm)
        let key = keyRing.current
        var sealed = columns
        sealed.headers = try seal.seal(columns.headers, in: .headers, with: key.secret)
        sealed.body = try seal.seal(columns.body, in: .body, with: key.secret)
        sealed.sealedWith = key.name
        return sealed
    }

    /// Decrypts a row.
    func unsealed(_ row: StoredRow, by keyRing: IdempotencyKeyRing?) throws(UnsealFailure) -> StoredRow {
        guard let keyRing else { throw .noKeyRing }
        guard let key = row.sealedWith.flatMap({ keyRing[$0] }) else { throw .noKey }
        let seal = OutcomeSeal(
            scope: scope, keyID: keyID, status: row.status ?? 0, replayForm: row.replayForm)
        guard let headers = row.headers.flatMap({ seal.open($0, in: .headers, with: key.secret) }),
            let body = row.body.flatMap({ seal.open($0, in: .body, with: key.secret) })
        else { throw .notAuthentic }
        var unsealed = row
        unsealed.headers = headers
        unsealed.body = body
        unsealed.sealedWith = nil
        return unsealed
    }
}
