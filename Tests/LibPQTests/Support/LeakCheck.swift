#if os(Linux)
import Glibc
import TestSupport

/// Fails when descriptors or threads are left over, or memory has grown; waits for what is ending.
///
/// Belongs into a process of its own, where nobody else opens descriptors. Run the body once before, so that what is made once
/// and kept (caches, the runtime's threads) does not count.
/// - Parameter memory: by how many bytes the process may grow: what the allocator keeps for later. A leak of the smallest object
///   in each of the body's rounds must come to more.
func expectNoLeak(_ what: String, memory: Int = 8 << 20, _ body: () async throws -> Void) async throws {
    // The runtime opens a few of its own meanwhile; a leak in the body would count in the dozens.
    let spare = 10
    try await waitUntil("earlier threads have ended", deadline: .seconds(60)) { entries("/proc/self/task") < 20 }
    let (descriptors, threads) = (entries("/proc/self/fd"), entries("/proc/self/task"))
    let resident = residentMemory()
    try await body()
    try await waitUntil("descriptors and threads of \(what) are gone", deadline: .seconds(60)) {
        entries("/proc/self/fd") <= descriptors + spare && entries("/proc/self/task") <= threads + spare
    }
    // Read again and again: threads that have just ended have not given back their stacks.
    try await waitUntil("\(what) have taken no more than \(memory) bytes, of \(resident) before") {
        residentMemory() <= resident + memory
    }
}

private func entries(_ directory: String) -> Int {
    guard let stream = opendir(directory) else { return -1 }
    defer { closedir(stream) }
    var count = 0
    while readdir(stream) != nil { count += 1 }
    return count
}

/// In bytes.
private func residentMemory() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}
#endif
