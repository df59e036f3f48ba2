#if MUTANTS
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif
#endif

/// A fault put into the code on purpose, to see that the tests notice: `make mutants`.
///
/// Compiled only with the condition `MUTANTS`, which Package.swift sets for the sanitizers' test builds. In every other build
/// ``isActive`` is the constant `false`, and nothing is read from anywhere.
package struct Mutant: Sendable {
    /// What `MUTANT` in the environment must say.
    package let name: String

    /// Names a mutant.
    package init(_ name: String) { self.name = name }

    #if MUTANTS
    private static let active = getenv("MUTANT").map { String(cString: $0) }

    /// Whether this fault is to be there.
    package var isActive: Bool { name == Self.active }
    #else
    /// Whether this fault is to be there: never.
    @inline(__always)
    package var isActive: Bool { false }
    #endif
}

extension Mutant {
    /// The command tag of COMMIT is not looked at.
    static let commitTagIgnored = Mutant("commit-tag-ignored")
    /// A warning that came with COMMIT is not looked at.
    static let commitWarningIgnored = Mutant("commit-warning-ignored")
}
