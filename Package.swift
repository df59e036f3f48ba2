// swift-tools-version: 6.2
import PackageDescription

/// Every target is strict in the same way; CONTRIBUTING.md says why.
var strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
// In CI (.ci/run) only: a newer compiler's new warning must not break anybody else's build.
if Context.environment["WARNINGS_AS_ERRORS"] == "1" {
    strict.append(.treatAllWarnings(as: .error))
}

// `make test-sanitize` only: one lock is written so that ThreadSanitizer understands it.
let sanitizer = Context.environment["SANITIZE"]
if sanitizer == "thread" { strict.append(.define("THREAD_SANITIZER")) }
// Faults on purpose, for `make mutants`; see Sources/LibPQ/Mutant.
if sanitizer != nil { strict.append(.define("MUTANTS")) }

// For what runs statements; docs/adr/0002 says why. Not for targets that conform to Hummingbird's protocols, which do without, nor
// for tests, which call the others as most users do.
let staysOnThread = strict + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

let package = Package(
    name: "swift-idempotency",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "LibPQ", targets: ["LibPQ"]),
        .library(name: "SQLMigrations", targets: ["SQLMigrations"]),
        .library(name: "Idempotency", targets: ["Idempotency"]),
        .library(name: "HummingbirdIdempotency", targets: ["HummingbirdIdempotency"]),
        .library(name: "EmbeddedPostgres", targets: ["EmbeddedPostgres"]),
        .library(name: "IdempotencyTesting", targets: ["IdempotencyTesting"]),
        .executable(name: "payments", targets: ["Payments"]),
        .executable(name: "idempotency", targets: ["IdempotencyTool"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-crypto", "3.9.0"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
        .package(url: "https://github.com/apple/swift-http-structured-headers", from: "1.2.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.7.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.24.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .systemLibrary(
            name: "CLibPQ",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
        ),
        .systemLibrary(name: "CEpoll"),
        .target(
            name: "LibPQ",
            dependencies: [
                "CEpoll", "CLibPQ",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: staysOnThread
        ),
        .target(
            name: "SQLMigrations",
            dependencies: [
                "LibPQ",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: staysOnThread
        ),
        .target(
            name: "Idempotency",
            dependencies: [
                "LibPQ",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "RawStructuredFieldValues", package: "swift-http-structured-headers"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: staysOnThread
        ),
        .target(
            name: "HummingbirdIdempotency",
            dependencies: [
                "Idempotency",
                "LibPQ",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "EmbeddedPostgres",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(
                    name: "SystemPackage", package: "swift-system",
                    condition: .when(platforms: [.linux, .android])),
            ],
            swiftSettings: strict
        ),
        .target(name: "FaultProxy", swiftSettings: strict),
        .target(
            name: "DisposableDatabases", dependencies: ["EmbeddedPostgres", "LibPQ", "SQLMigrations"],
            swiftSettings: strict),
        .target(
            name: "IdempotencyTesting",
            dependencies: [
                "DisposableDatabases", "FaultProxy", "Idempotency", "LibPQ", "SQLMigrations",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "IdempotencyConformance",  // black-box checks of any server: knows nothing of the engine
            dependencies: [
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "RawStructuredFieldValues", package: "swift-http-structured-headers"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Payments",
            dependencies: [
                "EmbeddedPostgres",
                "HummingbirdIdempotency",
                "Idempotency",
                "LibPQ",
                "SQLMigrations",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "IdempotencyTool",
            dependencies: [
                "Idempotency",
                "IdempotencyConformance",
                "LibPQ",
                "SQLMigrations",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "TestSupport",
            dependencies: [
                "DisposableDatabases", "EmbeddedPostgres", "FaultProxy", "LibPQ", "SQLMigrations",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .target(
            name: "PaymentsSupport", dependencies: ["TestSupport"], path: "Tests/PaymentsSupport", swiftSettings: strict
        ),
        .target(
            name: "ConformanceServers",  // correct and wrong ones, for tests of the conformance suite
            dependencies: [
                "IdempotencyConformance",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Tests/ConformanceServers",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Soak",  // for `make soak`; no product of this package
            dependencies: [
                "EmbeddedPostgres", "FaultProxy", "Idempotency", "LibPQ", "PaymentsSupport", "TestSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/Soak",
            swiftSettings: strict
        ),
        .testTarget(name: "SoakTests", dependencies: ["FaultProxy", "Soak"], swiftSettings: strict),
        .testTarget(
            name: "LibPQTests",
            dependencies: [
                "EmbeddedPostgres", "FaultProxy", "LibPQ", "TestSupport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FaultProxyTests", dependencies: ["FaultProxy", "LibPQ", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SQLMigrationsTests", dependencies: ["LibPQ", "SQLMigrations", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "EmbeddedPostgresTests",
            dependencies: [
                "EmbeddedPostgres",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "IdempotencyTests",
            dependencies: [
                "EmbeddedPostgres", "FaultProxy", "Idempotency", "LibPQ", "SQLMigrations", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "IdempotencyTestingTests",
            dependencies: [
                "FaultProxy", "HummingbirdIdempotency", "Idempotency", "IdempotencyTesting", "LibPQ", "SQLMigrations",
                "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HummingbirdIdempotencyTests",
            dependencies: [
                "FaultProxy", "HummingbirdIdempotency", "Idempotency", "LibPQ", "SQLMigrations", "TestSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PaymentsTests",
            dependencies: [
                "FaultProxy", "HummingbirdIdempotency", "Idempotency", "IdempotencyConformance", "IdempotencyTesting",
                "LibPQ", "Payments", "PaymentsSupport", "TestSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DocumentationTests",
            dependencies: [
                "HummingbirdIdempotency", "Idempotency", "IdempotencyTesting", "LibPQ", "SQLMigrations", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "IdempotencyConformanceTests", dependencies: ["ConformanceServers", "IdempotencyConformance"],
            swiftSettings: strict),
        .testTarget(
            name: "IdempotencyToolTests",
            dependencies: [
                "ConformanceServers", "EmbeddedPostgres", "Idempotency", "IdempotencyTool", "LibPQ", "SQLMigrations",
                "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

// The web framework and what stands on it would take most of the time.
if sanitizer != nil {
    let sanitized: Set = [
        "CEpoll", "CLibPQ", "DisposableDatabases", "EmbeddedPostgres", "FaultProxy", "Idempotency", "IdempotencyTests",
        "LibPQ", "LibPQTests", "SQLMigrations", "TestSupport",
    ]
    package.targets.removeAll { !sanitized.contains($0.name) }
    package.products.removeAll { $0.name != "LibPQ" }  // the snippets are built with it
}
