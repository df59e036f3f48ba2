#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A thread of the operating system, for what must not block the cooperative pool.
enum SystemThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a detached thread that ends when `body` returns.
    ///
    /// - Throws: `connectionFailed` when the process has no thread left; `body` is released unrun.
    static func start(_ body: @escaping @Sendable () -> Void) throws(PostgresError) {
        let box = Unmanaged.passRetained(Body(body)).toOpaque()
        #if canImport(Darwin)
        var thread: pthread_t?
        let result = pthread_create(
            &thread, nil,
            { box in
                Unmanaged<Body>.fromOpaque(box).takeRetainedValue().run()
                return nil
            }, box)
        if let thread { pthread_detach(thread) }
        #else
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { box in
                guard let box else { return nil }
                Unmanaged<Body>.fromOpaque(box).takeRetainedValue().run()
                return nil
            }, box)
        if result == 0 { pthread_detach(thread) }
        #endif
        if result != 0 {
            Unmanaged<Body>.fromOpaque(box).release()  // the thread would have done that
            throw PostgresError(.connectionFailed, "no thread left for the connection (error \(result))")
        }
    }
}
