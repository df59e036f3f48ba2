import Synchronization
import TestSupport
import Testing

@testable import LibPQ

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@Suite("A connection's thread", .serialized, .timeLimit(.minutes(2)))
struct ConnectionThreadTests {
    @Test("waits for slow statements while the cooperative pool goes on")
    func slowStatements() async throws {
        try await withTestDatabase { database in
            let pool = try database.makePool(of: 64) {
                $0.connection.lockTimeout = nil
                $0.acquireTimeout = .seconds(60)
            }
            let holder = try await database.connect()
            let holding = try await holder.begin()
            try await holding.execute("SELECT pg_advisory_xact_lock(1)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask { _ = try await pool.execute("SELECT pg_advisory_xact_lock_shared(1)") }
                }
                try await database.waitForBlockedSessions(64, deadline: .seconds(60))
                // Were a thread of the cooperative pool blocked by each, these would never run.
                let beats = await withTaskGroup(of: Int.self) { hearts in
                    for _ in 0..<1000 {
                        hearts.addTask {
                            await Task.yield()
                            return 1
                        }
                    }
                    return await hearts.reduce(0, +)
                }
                #expect(beats == 1000)
                try await holder.commit(holding)
                try await group.waitForAll()
            }
        }
    }

    @Test("runs a transaction's body and its child tasks, which go on while a statement waits")
    func bodyAndChildren() async throws {
        try await withTestDatabase { database in
            let holder = try await database.connect()
            let holding = try await holder.begin()
            try await holding.execute("SELECT pg_advisory_xact_lock(1)")
            let connection = try await database.connect()
            try await connection.withTransaction { transaction in
                let thread = currentThread()
                async let waiting = transaction.execute("SELECT pg_advisory_xact_lock(1)")
                async let child = { () async -> UInt in
                    await Task.yield()
                    return currentThread()
                }()
                #expect(await child == thread)
                try await database.waitForBlockedSessions()
                #expect(currentThread() == thread)
                for _ in 0..<100 { await Task.yield() }
                try await holder.commit(holding)
                _ = try await waiting
                #expect(currentThread() == thread)
            }
        }
    }

    @MainActor
    @Test("serves bodies that are isolated to another actor")
    func otherActor() async throws {
        try await withTestDatabase { database in
            var seen = 0
            try await database.pool.withTransaction { transaction in
                MainActor.assertIsolated()
                seen = try await transaction.queryRow("SELECT 5").decode(Int.self)
                MainActor.assertIsolated()
            }
            #expect(seen == 5)
        }
    }

    @Test("takes statements from many tasks at once")
    func manyTasks() async throws {
        try await withTestDatabase { database in
            let connection = try await database.connect()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<50 {
                    group.addTask {
                        for number in 0..<20 {
                            let found = try await connection.queryRow("SELECT \(task * 1000 + number)").decode(Int.self)
                            #expect(found == task * 1000 + number)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("may be kept by others for longer than a sign of life may take, without the server being taken for dead")
    func keptByOthers() async throws {
        // In a process of its own, because other tests' connections live on the same thread.
        await #expect(processExitsWith: .success) {
            try await withTestDatabase { database in
                let connection = try await database.connect()
                let isKept = Flag()
                async let keeping: Void =
                    Task(executorPreference: connection.thread.bodies) {
                        isKept.set()
                        let end = ContinuousClock.now + .seconds(2)
                        while .now < end {}
                    }.value
                try await waitUntil("the thread is kept") { isKept.isSet }
                #expect(await connection.answers(within: .seconds(1)))
                await keeping
            }
        }
    }

    #if os(Linux)
    @Test("that cannot be made fails the connect instead of the process")
    func noDescriptors() async throws {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 64, rlim_max: 64)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var opened: [Int32] = []
            while case let descriptor = dup(0), descriptor >= 0 { opened.append(descriptor) }
            let error = await postgresError {
                try await PostgresConnection.connect(.init(url: "host=127.0.0.1 port=1"))
            }
            #expect(error?.code == .connectionFailed)
            for descriptor in opened { close(descriptor) }
        }
    }

    @Test("forgets connections that are closed, however long somebody keeps them")
    func closedConnections() async throws {
        await #expect(processExitsWith: .success) {
            try await withTestDatabase { database in
                var limit = rlimit(rlim_cur: 64, rlim_max: 64)
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                var closed: [PostgresConnection] = []
                for _ in 0..<100 {
                    let connection = try await database.connect()
                    await connection.close()
                    closed.append(connection)
                }
                #expect(try await database.pool.queryRow("SELECT 1").decode(Int.self) == 1)
                #expect(closed.count == 100)
            }
        }
    }
    #endif

    @Test("gives each waiter a place until it leaves, which ends its wait, and lets it wait no more")
    func places() async throws {
        let thread = try ConnectionThread()
        let pipe = try WakeUp()
        let descriptor = pipe.readEnd
        let waiter = SocketWaiter(thread)
        func onThread<Value: Sendable>(_ body: sending @escaping () async -> Value) async -> Value {
            await Task(executorPreference: thread.bodies, operation: body).value
        }
        #expect(await onThread { thread.takenPlaces } == 0)
        #expect(await onThread { await waiter.wait(for: -1, .readable, until: nil) } == .unwatchable)
        #expect(await onThread { waiter.watchIdle(descriptor) })
        await onThread { waiter.endIdleWatch() }
        #expect(await onThread { thread.takenPlaces } == 1)

        async let ended = onThread { await waiter.wait(for: descriptor, .readable, until: nil) }
        try await waitUntil("it waits") { await onThread { waiter.wantsEvents } }
        await onThread {
            waiter.leave()
            waiter.leave()
        }
        #expect(await ended == .left)
        #expect(await onThread { thread.takenPlaces } == 0)
        #expect(await onThread { await waiter.wait(for: descriptor, .readable, until: nil) } == .left)
        #expect(await onThread { thread.takenPlaces } == 0)
    }
}

private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    func set() { value.store(true, ordering: .sequentiallyConsistent) }
    var isSet: Bool { value.load(ordering: .sequentiallyConsistent) }
}

private func currentThread() -> UInt { UInt(bitPattern: pthread_self().hashValue) }
