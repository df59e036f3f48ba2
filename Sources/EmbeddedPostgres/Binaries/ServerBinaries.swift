#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The programs of one PostgreSQL installation.
struct ServerBinaries: Sendable, Hashable {
    /// The folder that holds `initdb` and `postgres`.
    let directory: String
    /// The major version, e.g. 17.
    let majorVersion: Int

    var initdb: String { directory + "/initdb" }
    var postgres: String { directory + "/postgres" }

    /// The first usable installation.
    /// - Parameters:
    ///   - majorVersion: the only version that will do, because data of it exist; `nil` when any will.
    ///   - folders: where to look, best first.
    static func find(majorVersion: Int?, in folders: [String] = searchFolders()) async throws -> ServerBinaries {
        var others: [ServerBinaries] = []
        for folder in folders {
            guard let found = await ServerBinaries(folder: folder) else { continue }
            if majorVersion == nil || majorVersion == found.majorVersion { return found }
            others.append(found)
        }
        if let majorVersion, !others.isEmpty {
            let versions = others.map { "\($0.majorVersion) in \($0.directory)" }.joined(separator: ", ")
            throw EmbeddedPostgresError(
                .versionMismatch,
                "the data are of PostgreSQL \(majorVersion), but installed is only \(versions). Install PostgreSQL "
                    + "\(majorVersion) (`apt-get install postgresql-\(majorVersion)` or `brew install "
                    + "postgresql@\(majorVersion)`), or move the directory away to begin with an empty one.")
        }
        throw EmbeddedPostgresError(
            .binariesNotFound,
            "no PostgreSQL server binaries (initdb, postgres) in \(folders.joined(separator: ":")). Install them with "
                + "`apt-get install postgresql` (Debian, Ubuntu) or `brew install postgresql` (macOS), or put their folder "
                + "into PATH.")
    }

    /// `nil` unless the folder holds working programs.
    private init?(folder: String) async {
        let files = FileManager.default
        guard files.isExecutableFile(atPath: folder + "/initdb"), files.isExecutableFile(atPath: folder + "/postgres")
        else {
            return nil
        }
        // "postgres (PostgreSQL) 17.5 (Debian 17.5-1)". Also proves that the program runs here at all.
        guard let result = try? await Tool.run(folder + "/postgres", ["--version"]), result.succeeded else {
            return nil
        }
        let word = result.output.split(separator: " ").first { $0.first?.isNumber == true }
        guard let major = word?.prefix(while: \.isNumber), let majorVersion = Int(major) else { return nil }
        self.directory = folder
        self.majorVersion = majorVersion
    }

    /// PATH first (the user's choice), then the places where packages put the server without adding it to PATH, newest first.
    static func searchFolders(path: String? = ProcessInfo.processInfo.environment["PATH"]) -> [String] {
        var folders = (path ?? "").split(separator: ":").map(String.init)
        folders += versionFolders(in: "/usr/lib/postgresql", prefix: "", suffix: "/bin")  // Debian, Ubuntu
        folders += versionFolders(in: "/usr", prefix: "pgsql-", suffix: "/bin")  // Red Hat
        for homebrew in ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"] {
            folders += versionFolders(in: homebrew + "/opt", prefix: "postgresql@", suffix: "/bin")
            folders.append(homebrew + "/opt/postgresql/bin")
        }
        var seen: Set<String> = []
        return folders.filter { seen.insert($0).inserted }
    }

    private static func versionFolders(in parent: String, prefix: String, suffix: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        return
            names
            .filter { $0.hasPrefix(prefix) }
            .compactMap { name in Int(name.dropFirst(prefix.count)).map { (version: $0, name: name) } }
            .sorted { $0.version > $1.version }
            .map { parent + "/" + $0.name + suffix }
    }
}
