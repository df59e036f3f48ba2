import ArgumentParser
import EmbeddedPostgres
import LibPQ
import NIOCore
import SQLMigrations

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How the program ends when something goes wrong: one sentence on stderr, exit 1.
enum Failure {
    /// Runs a command's body.
    /// - Throws: `ExitCode.failure` after the sentence has been written.
    static func reported(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            let line = "payments: \(sentence(for: error))\n"
            line.utf8.withContiguousStorageIfAvailable { bytes in
                _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            }
            throw ExitCode.failure
        }
    }

    /// What happened, in one line and without anything secret.
    static func sentence(for error: any Error) -> String {
        let text =
            switch error {
            case let error as SettingsError: error.message
            case let error as EmbeddedPostgresError: error.message
            case let error as MigrationError: error.message
            case let error as PostgresError: sentence(for: error)
            case let error as ListenError: error.description
            default: "\(error)"
            }
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private static func sentence(for error: PostgresError) -> String {
        switch error.code {
        case .server:
            // The server's message may quote data; the SQLSTATE says enough to look it up.
            "the database refused a statement: \(error)"
        case .invalidConfiguration:
            "DATABASE_URL cannot be used: \(error.message)"
        default:
            "cannot use the database: \(error.message)"
        }
    }
}

/// The address could not be listened on.
struct ListenError: Error, CustomStringConvertible {
    let address: String
    let reason: String

    /// - Parameter error: what the socket said.
    init(address: String, error: any Error) {
        self.address = address
        self.reason =
            if let error = error as? IOError { String(cString: strerror(error.errnoCode)) } else { "\(error)" }
    }

    var description: String { "cannot listen on \(address): \(reason)" }
}
