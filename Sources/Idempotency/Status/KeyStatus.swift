#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// How far the request with a key has come; see ``Idempotency/status(scope:key:)``.
public enum KeyStatus: Sendable, Hashable {
    /// It runs, and has not been committed.
    case inProgress

    /// Its outcome is committed: a retry until `expiresAt` is not run.
    ///
    /// - status: the outcome's HTTP status.
    /// - createdAt: when the key was claimed, by the database's clock.
    /// - expiresAt: when its retention is over.
    case done(status: Int, createdAt: Date, expiresAt: Date)
}
