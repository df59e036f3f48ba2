internal import CLibPQ

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Owns one `PGconn`: libpq's functions one to one, with Swift types. Decides nothing.
///
/// Not `Sendable`: it lives inside ``PostgresConnection``, on that actor's thread. Finished exactly once, by `deinit`.
final class ConnectionHandle {
    /// What `PQconnectPoll` wants next.
    enum ConnectStep { case waitToRead, waitToWrite, done, failed }

    private let pointer: OpaquePointer
    private let notices: NoticeBox

    /// Starts connecting. Blocks for DNS when it is given a name without its address (``NameLookup`` finds that), and for the
    /// files that libpq reads; so it belongs on a connection's thread.
    init?(options: [String: String]) {
        guard let started = Self.start(options) else { return nil }  // only when libpq is out of memory
        pointer = started
        notices = NoticeBox()
        // VERBOSE puts the SQLSTATE into the messages of failed connects, the only place where libpq gives it.
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        PQsetNoticeReceiver(
            pointer,
            { box, result in
                guard let box, let result else { return }
                Unmanaged<NoticeBox>.fromOpaque(box).takeUnretainedValue()
                    .pending.append(ResultHandle.diagnostics(of: result))
            },
            Unmanaged.passUnretained(notices).toOpaque())
    }

    deinit { PQfinish(pointer) }

    var isBad: Bool { PQstatus(pointer) == CONNECTION_BAD }
    /// While connecting: whether the network connection stands.
    var isReached: Bool {
        ![CONNECTION_BAD, CONNECTION_NEEDED, CONNECTION_STARTED].contains(PQstatus(pointer))
    }
    var socket: Int32 { PQsocket(pointer) }
    var backendProcessID: Int32 { PQbackendPID(pointer) }
    /// The host that was connected to; of several, the one that answered.
    var host: String { PQhost(pointer).map { String(cString: $0) } ?? "" }
    var port: String { PQport(pointer).map { String(cString: $0) } ?? "" }
    var database: String { PQdb(pointer).map { String(cString: $0) } ?? "" }
    var transactionStatus: PGTransactionStatusType { PQtransactionStatus(pointer) }
    var errorMessage: String { String(cString: PQerrorMessage(pointer)) }

    /// A setting that the server reports by itself, e.g. `server_version`.
    func parameter(_ name: String) -> String? { PQparameterStatus(pointer, name).map { String(cString: $0) } }

    /// Notices and warnings since the last call.
    func takeNotices() -> [ServerDiagnostics] {
        if notices.pending.isEmpty { return [] }
        defer { notices.pending.removeAll() }
        return notices.pending
    }

    /// A notification that has been read from the socket, first come first served.
    func nextNotification() -> PostgresNotification? {
        guard let notification = PQnotifies(pointer) else { return nil }
        defer { PQfreemem(notification) }
        return PostgresNotification(
            channel: String(cString: notification.pointee.relname),
            payload: String(cString: notification.pointee.extra),
            backendProcessID: notification.pointee.be_pid)
    }

    func connectStep() -> ConnectStep {
        switch PQconnectPoll(pointer) {
        case PGRES_POLLING_READING: .waitToRead
        case PGRES_POLLING_WRITING: .waitToWrite
        case PGRES_POLLING_OK: .done
        default: .failed
        }
    }

    func makeNonBlocking() -> Bool { PQsetnonblocking(pointer, 1) == 0 }
    func enterPipelineMode() -> Bool { PQenterPipelineMode(pointer) == 1 }
    func exitPipelineMode() -> Bool { PQexitPipelineMode(pointer) == 1 }
    func sync() -> Bool { PQpipelineSync(pointer) == 1 }
    /// 0 = all sent, 1 = the socket is full, -1 = broken.
    func flush() -> Int32 { PQflush(pointer) }

    /// Reads what has arrived. False when the connection is broken.
    func consumeInput() -> Bool {
        guard PQconsumeInput(pointer) == 1 else { return false }
        // libpq may stop in the middle of a TLS record: the rest lies in OpenSSL, where nobody waits for it. While the socket has more, the
        // next wait ends at once.
        if PQsslInUse(pointer) == 1, !isReadable { _ = PQconsumeInput(pointer) }
        return true
    }

    private var isReadable: Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 1
    }

    var isBusy: Bool { PQisBusy(pointer) == 1 }
    func nextResult() -> ResultHandle? { PQgetResult(pointer).map(ResultHandle.init) }

    func sendPrepare(name: String, sql: String, types: [UInt32]) -> Bool {
        PQsendPrepare(pointer, name, sql, Int32(types.count), types) == 1
    }

    func sendQuery(_ sql: String, _ bindings: PostgresBindings) -> Bool {
        bindings.withParameterPointers { values, lengths, formats in
            PQsendQueryParams(
                pointer, sql, Int32(bindings.count), bindings.types, values, lengths, formats, Self.binary) == 1
        }
    }

    func sendPrepared(name: String, _ bindings: PostgresBindings) -> Bool {
        // A string that is passed as it is would be copied to the heap.
        name.withCString { name in
            bindings.withParameterPointers { values, lengths, formats in
                PQsendQueryPrepared(pointer, name, Int32(bindings.count), values, lengths, formats, Self.binary) == 1
            }
        }
    }

    /// From the next result on, each row comes as a result of its own. Call it before the first of them is asked for.
    func enterSingleRowMode() -> Bool { PQsetSingleRowMode(pointer) == 1 }

    // MARK: COPY, outside of pipeline mode only

    /// By the simple protocol. The text may hold several statements: make sure that it does not.
    func sendSimpleQuery(_ sql: String) -> Bool { PQsendQuery(pointer, sql) == 1 }

    /// Queues data of a `COPY FROM STDIN`. False when the connection is broken, or not in such a COPY.
    func putCopyData(_ bytes: ArraySlice<UInt8>) -> Bool {
        // 0, "would block", is for lack of memory in non-blocking mode: the caller keeps the queue short.
        bytes.withUnsafeBytes { bytes in
            bytes.isEmpty
                || PQputCopyData(pointer, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
                    == 1
        }
    }

    /// Ends a `COPY FROM STDIN`; with a reason, so that it fails.
    func putCopyEnd(failure: String?) -> Bool { PQputCopyEnd(pointer, failure) == 1 }

    /// One piece of a `COPY TO STDOUT`.
    enum CopyData {
        case bytes([UInt8])
        /// None has arrived.
        case none
        /// A result tells how it ended.
        case end
    }

    func getCopyData() -> CopyData {
        var data: UnsafeMutablePointer<CChar>?
        let count = PQgetCopyData(pointer, &data, 1)
        guard count > 0, let data else { return count == 0 ? .none : .end }
        defer { PQfreemem(data) }
        return .bytes([UInt8](UnsafeRawBufferPointer(start: data, count: Int(count))))
    }

    /// What it takes to cancel this connection's statement from another thread; nil when the connection is gone.
    func makeCancelHandle() -> CancelHandle? { PQgetCancel(pointer).map(CancelHandle.init) }

    private static let binary: Int32 = 1

    /// `PQconnectStartParams`.
    static func start(_ options: [String: String]) -> OpaquePointer? {
        withCStrings(Array(options.keys)) { keys in
            withCStrings(Array(options.values)) { values in PQconnectStartParams(keys, values, 0) }
        }
    }

    private static func withCStrings<R>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
    ) -> R {
        let copies = strings.map { strdup($0) }
        defer {
            for copy in copies { free(copy) }
        }
        var pointers = copies.map { UnsafePointer<CChar>($0) }
        pointers.append(nil)  // libpq reads up to the first NULL
        return pointers.withUnsafeBufferPointer { body($0.baseAddress.unsafelyUnwrapped) }
    }
}

/// Where libpq's callback puts notices. Confined to the connection's thread like the handle that owns it.
private final class NoticeBox {
    var pending: [ServerDiagnostics] = []
}
