import ArgumentParser
import Crypto
import Idempotency

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Which key is meant.
struct KeySelection: ParsableArguments {
    @Option(help: "Who owns the key: what the service takes as its scope, such as the tenant.")
    var scope: String

    @Option(
        help: ArgumentHelp(
            "The client's key, as the Idempotency-Key field spells it. Others can see it in the list of processes: with - it is read "
                + "from standard input.", valueName: "key"))
    var key: String?

    @Option(help: ArgumentHelp("In place of --key: the id that keys list shows.", valueName: "uuid"))
    var id: String?

    @Option(
        help: ArgumentHelp(
            "The file with the bytes of the engine's HMAC secret, if it has one; --key cannot be found without it.",
            valueName: "path"))
    var secretFile: String?

    func validate() throws {
        guard (key == nil) != (id == nil) else { throw ValidationError("Give one of --key and --id.") }
        if let id, UUID(uuidString: id) == nil { throw ValidationError("--id '\(id)' is no UUID.") }
        guard secretFile == nil || key != nil else { throw ValidationError("--secret-file needs --key.") }
    }

    /// The id of the key in the table.
    func keyID() throws -> KeyID {
        if let uuid = id.flatMap(UUID.init(uuidString:)) { return KeyID(uuid: uuid) }
        let text = key == "-" ? readLine() ?? "" : key ?? ""
        do {
            return KeyID(try IdempotencyKey(parsing: text), secret: try secret())
        } catch let error as KeyError {
            throw ValidationError("--key cannot be used: \(error.message)")
        }
    }

    private func secret() throws -> SymmetricKey? {
        guard let secretFile else { return nil }
        do {
            return SymmetricKey(data: try Data(contentsOf: URL(fileURLWithPath: secretFile)))
        } catch {
            throw ValidationError("--secret-file '\(secretFile)' cannot be read.")
        }
    }
}
