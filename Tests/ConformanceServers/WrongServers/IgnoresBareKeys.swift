import Foundation
import IdempotencyConformance

/// Takes a key without quotation marks for none: the request succeeds, unprotected.
struct IgnoresBareKeys: KeyedServer {
    let memory = Memory()
    let profile = Profile.ietf

    func key(in lines: [String]) -> String? {
        let isBare = lines.count == 1 && !lines[0].isEmpty && !lines[0].hasPrefix("\"")
        return isBare ? UUID().uuidString : CorrectServer(profile).key(in: lines)
    }
}
