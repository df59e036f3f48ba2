import AsyncHTTPClient
import FaultProxy
import NIOCore
import PaymentsSupport
import TestSupport

/// One run: starts everything, lets faults happen, lets the clients finish, and looks at the result.
struct SoakRun: Sendable {
    let settings: SoakSettings
    let database: SoakDatabase
    let proxy: FaultProxy
    let fleet: ServiceFleet
    let http: HTTPClient
    let history = History()
    let count = FaultCount()
    let wire: WireFaults

    /// When a connection that lost something without a word is given up, as `tcp_user_timeout` would. Later than the server's
    /// `idle_in_transaction_session_timeout`: the key is free before the service notices.
    private static let silence = Duration.seconds(5)
    /// How long after the last fault every key must have its answer: what takes longest is a connection that was frozen at COMMIT
    /// just then (5 s), the questions after it (10 s), and a client that waits for another process meanwhile.
    private static let settling = Duration.seconds(45)
    /// How many keys are asked for once more at the end; all have been in shorter runs.
    private static let lastLook = 3000

    /// Runs.
    /// - Throws: when something cannot be started, or the task is cancelled. Nothing is left running then, either.
    static func run(_ settings: SoakSettings) async throws -> SoakResult {
        let database = try await SoakDatabase.start()
        do {
            let proxy = try FaultProxy(to: database.serviceURL)
            let fleet = ServiceFleet(SoakSettings.processes, databaseURL: proxy.url)
            var configuration = HTTPClient.Configuration()
            configuration.timeout.connect = .seconds(2)
            // The clients retry themselves, and somewhere else.
            configuration.connectionPool.retryConnectionEstablishment = false
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = settings.lanes * 5
            let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            let run = SoakRun(settings: settings, database: database, proxy: proxy, fleet: fleet, http: http)
            let result: Result<SoakResult, any Error>
            do {
                result = .success(try await run.run())
            } catch {
                result = .failure(error)
            }
            await fleet.kill()
            proxy.close()
            try? await http.shutdown()
            await database.stop()
            return try result.get()
        } catch {
            await database.stop()
            throw error
        }
    }

    private init(
        settings: SoakSettings, database: SoakDatabase, proxy: FaultProxy, fleet: ServiceFleet, http: HTTPClient
    ) {
        self.settings = settings
        self.database = database
        self.proxy = proxy
        self.fleet = fleet
        self.http = http
        wire = WireFaults(count)
    }

    private func run() async throws -> SoakResult {
        try await fleet.start()
        try await database.openAccounts()
        proxy.setRule { [wire] in wire.decide($0) }
        let start = ContinuousClock.now
        let clients = Clients(http: http, fleet: fleet, history: history, start: start)
        let workload = Workload(seed: settings.seed, history: history)
        let driver = FaultDriver(
            plan: FaultPlan(seed: settings.seed, duration: settings.duration, processes: SoakSettings.processes),
            proxy: proxy, wire: wire, fleet: fleet, database: database, count: count)

        return try await withThrowingTaskGroup(of: Void.self) { upkeep in
            upkeep.addTask { await fleet.lookAfter() }
            upkeep.addTask { try await closeSilentConnections() }
            upkeep.addTask { try await report(since: start) }
            defer { upkeep.cancelAll() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await driver.run(since: start)
                    wire.stop()
                }
                for lane in 1...settings.lanes {
                    group.addTask { await work(lane, clients, workload, since: start) }
                }
                try await group.waitForAll()
            }
            return try await result(clients, workload)
        }
    }

    /// Every client has finished: reads the books, asks for keys once more, ends the service, and checks it all.
    private func result(_ clients: Clients, _ workload: Workload) async throws -> SoakResult {
        // What clients that hung up have left behind may still run for a moment.
        try? await waitUntil("no transaction is open", deadline: Self.settling) {
            try await database.openTransactions() == 0
        }
        // Read before keys are asked for once more, which would do again what was lost.
        var books = try await database.books(of: history.all.map(\.operation.key))
        books.openTransactions = try await database.openTransactions()
        let unanswered = await lookAgain(clients, workload)
        await fleet.stop()
        try Task.checkCancellation()
        let keys = history.all
        let failures = await fleet.failures.map { Violation(kind: .serviceFailed, explanation: $0) }
        let unknownCommits = await fleet.unknownCommits
        return SoakResult(
            seed: settings.seed, keys: keys, handlerRuns: wire.handlerRuns, faults: count.byKind,
            unknownCommits: unknownCommits,
            violations: Checker(keys, books).check() + failures + unanswered + shortcomings(keys, unknownCommits))
    }

    /// A run without faults, or whose faults met nobody, proves nothing. Runs of a minute have more than a hundred faults and fifty
    /// unknown COMMITs; a shorter one is somebody's try.
    private func shortcomings(_ keys: [KeyHistory], _ unknownCommits: Int) -> [Violation] {
        let minutes = Int(settings.duration.components.seconds / 60)
        var found: [String] = []
        func demand(_ what: String, _ number: Int, atLeast least: Int) {
            if number < least { found.append("\(what): \(number), which is less than \(least)") }
        }
        demand("faults", count.byKind.values.reduce(0, +), atLeast: 30 * minutes)
        demand("unknown COMMITs", unknownCommits, atLeast: 10 * minutes)
        demand("executions", wire.handlerRuns, atLeast: keys.count / 2)
        return found.map { Violation(kind: .nothingTested, explanation: $0) }
    }

    /// Sends errands until the time is up, and finishes the last one.
    private func work(
        _ lane: Int, _ clients: Clients, _ workload: Workload, since start: ContinuousClock.Instant
    ) async {
        var random = SeededRandom(seed: settings.seed, part: 1000 + UInt64(lane))
        let end = start + settings.duration
        while !Task.isCancelled, ContinuousClock.now < end {
            let errand = workload.next()
            let answer = await clients.run(
                errand, name: "\(lane)", random: &random, until: end + Self.settling,
                hangUps: { ContinuousClock.now < end })
            if let answer, !errand.isOtherBody { workload.completed(errand.operation, answer) }
        }
    }

    /// Everything is over: asks for keys once more.
    /// - Returns: a violation for each that gets no answer.
    private func lookAgain(_ clients: Clients, _ workload: Workload) async -> [Violation] {
        let operations = workload.sample(Self.lastLook)
        let deadline = ContinuousClock.now + .seconds(120)
        SoakReport.progress("asking for \(operations.count) keys once more")
        return await withTaskGroup(of: [Violation].self) { group in
            for lane in 0..<settings.lanes {
                group.addTask {
                    var random = SeededRandom(seed: settings.seed, part: 2000 + UInt64(lane))
                    var violations: [Violation] = []
                    for index in stride(from: lane, to: operations.count, by: settings.lanes) {
                        let operation = operations[index]
                        let answer = await clients.run(
                            Errand(operation: operation), name: "last look", random: &random,
                            until: deadline, hangUps: { false })
                        if answer == nil {
                            violations.append(
                                Violation(kind: .unanswered, operations: [operation.number], explanation: operation.key)
                            )
                        }
                    }
                    return violations
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    // MARK: Upkeep

    private func closeSilentConnections() async throws {
        while true {
            try await Task.sleep(for: .milliseconds(250))
            proxy.closeSilent(for: Self.silence)
        }
    }

    private func report(since start: ContinuousClock.Instant) async throws {
        while true {
            try await Task.sleep(for: .seconds(10))
            let (keys, requests) = history.counts
            SoakReport.progress(
                "\((ContinuousClock.now - start).inWholeSeconds) s: \(keys) keys, \(requests) requests, "
                    + "\(count.total) faults, \(await fleet.unknownCommits) unknown commits")
        }
    }
}

extension Duration {
    fileprivate var inWholeSeconds: Int64 { components.seconds }
}
