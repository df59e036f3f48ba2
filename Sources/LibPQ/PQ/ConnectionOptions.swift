internal import CLibPQ

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// libpq's connection parameters, by keyword, as far as they were given.
///
/// Source: libpq, "Connection Strings" and "Parameter Key Words".
struct ConnectionOptions: Sendable, Hashable {
    var values: [String: String]

    /// Parses a URL or a `key=value` string with libpq's own parser.
    ///
    /// - Throws: `invalidConfiguration`. libpq quotes the offending part in its messages, and that part may be a piece of a
    ///   password; so whatever stands in quotes is left out.
    init(parsing text: String) throws(PostgresError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let first = PQconninfoParse(text, &message) else {
            defer { PQfreemem(message) }
            let reason = message.map { String(cString: $0) } ?? "libpq is out of memory"
            throw PostgresError(.invalidConfiguration, "invalid connection string: \(Self.withoutQuotedParts(reason))")
        }
        defer { PQconninfoFree(first) }
        values = [:]
        add(first)
    }

    /// Takes over what libpq's list has a value for.
    mutating func add(_ first: UnsafeMutablePointer<PQconninfoOption>) {
        var option = first
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
    }

    init(values: [String: String]) { self.values = values }

    private static func withoutQuotedParts(_ text: String) -> String {
        var text = text
        // From the first quote to the last: what is quoted may contain quotes itself.
        let scalars = text.unicodeScalars
        if let first = scalars.firstIndex(of: "\""), let last = scalars.lastIndex(of: "\""), first < last {
            text.unicodeScalars.replaceSubrange(scalars.index(after: first)..<last, with: "...".unicodeScalars)
        }
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// The value given, or else the environment variable that libpq would take. An empty value is as good as none to libpq.
    func value(_ keyword: String, environment variable: String) -> String? {
        [values[keyword], ProcessInfo.processInfo.environment[variable]].lazy.compactMap { $0 }.first { !$0.isEmpty }
    }

    /// Whether some host is reached over a network that others can listen to: a TCP host that is not loopback. For options that are
    /// completed: what the environment says counts for the whole list of hosts, not for a gap in it.
    var reachesRemoteHost: Bool {
        let hosts = [values["hostaddr"], values["host"]].lazy.compactMap { $0 }.first { !$0.isEmpty } ?? ""
        return hosts.split(separator: ",").contains { host in
            let isSocketDirectory = host.hasPrefix("/") || host.hasPrefix("@")
            // 127.example.com is a name like any other.
            let isLoopbackNumber =
                host.hasPrefix("127.") && host.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
            let isLoopback = host == "localhost" || isLoopbackNumber || host == "::1"
            return !isSocketDirectory && !isLoopback
        }
    }

    /// Whether hosts, and the addresses of each, are tried in random order (libpq 16 and later).
    var balancesLoad: Bool { values["load_balance_hosts"] == "random" }

    /// These options and what libpq adds to them: from the service file, from the environment, its own defaults. Who connects, and
    /// to which database, is left out.
    ///
    /// libpq adds them only when it begins to connect. So it is made to begin, with one option spoilt: that it finds after it has
    /// read everything, and before it looks for a host.
    ///
    /// - Throws: `invalidConfiguration` when libpq finds something else wrong first: an unknown service, lists of different length.
    func completed() throws(PostgresError) -> ConnectionOptions {
        let spoilt = "to be refused"
        // With a user and a password it looks for neither, in the account database and in the password file.
        let probe = ["gssencmode": spoilt, "user": "somebody", "password": "none"]
        guard let started = ConnectionHandle.start(values.merging(probe) { $1 }) else {
            throw PostgresError(.invalidConfiguration, "libpq is out of memory")
        }
        defer { PQfinish(started) }
        let message = String(cString: PQerrorMessage(started))
        guard message.contains(spoilt), let first = PQconninfo(started) else {
            throw PostgresError(.invalidConfiguration, "invalid option: \(Self.withoutQuotedParts(message))")
        }
        defer { PQconninfoFree(first) }
        var options = ConnectionOptions(values: [:])
        options.add(first)
        for keyword in probe.keys + ["dbname", "sslpassword"] { options.values[keyword] = nil }
        options.values = options.values.filter { !$0.value.isEmpty }  // to libpq that is "not given"
        return options
    }

    /// With a certificate demanded, where nobody has said what TLS must do and the host is reached over a network; nil when
    /// nothing is to be changed.
    ///
    /// - Parameter completed: what libpq knows besides.
    func verified(knowing completed: ConnectionOptions) -> ConnectionOptions? {
        // Of a service's file one cannot tell `prefer` from nothing said; whatever else it says stands.
        guard reachesRemoteHost, value("sslmode", environment: "PGSSLMODE") == nil,
            completed.values["sslmode"] == "prefer"
        else {
            return nil
        }
        var options = self
        options.values["sslmode"] = "verify-full"
        // libpq before 16 knows no "system" store: name the usual bundle, or let libpq look in ~/.postgresql.
        let bundle = "/etc/ssl/certs/ca-certificates.crt"
        if completed.values["sslrootcert"] == nil, FileManager.default.fileExists(atPath: bundle) {
            options.values["sslrootcert"] = bundle
        }
        return options
    }
}
