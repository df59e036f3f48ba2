import EmbeddedPostgres
import Foundation
import LibPQ
import TestSupport

/// A server that speaks TLS, with certificates from an authority that is made on the spot.
struct TLSServer {
    /// The name in the server's certificates.
    static let name = "db.example.test"

    /// What the server shows.
    enum Certificate: String, CaseIterable {
        case valid, expired
    }

    private let server: EmbeddedPostgres
    private let directory: URL

    /// Runs the body with a server.
    static func with(_ body: (TLSServer) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            try await shell(Self.script, in: directory)
            let server = try await EmbeddedPostgres.start(.temporary)
            do {
                try await body(TLSServer(server: server, directory: directory))
            } catch {
                try? await server.stop()
                throw error
            }
            try await server.stop()
        }
    }

    private static let script = """
        key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        for authority in ca other; do
            openssl req -x509 $key -keyout $authority.key -out $authority.pem -subj "/CN=$authority" -days 2
        done
        echo "subjectAltName=DNS:\(name)" > names
        for days in valid:2 expired:-1; do
            openssl req $key -keyout ${days%:*}.key -out request.pem -subj "/CN=\(name)"
            openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names \\
                -days ${days#*:} -out ${days%:*}.pem
        done
        """

    /// Lets the server show this certificate; nil turns TLS off.
    func show(_ certificate: Certificate?) async throws {
        let connection = try await PostgresConnection.connect(.init(url: server.url))
        if let certificate {
            // The files must belong to the server's user, hence the server writes them itself.
            for (file, kind) in [("server.crt", "pem"), ("server.key", "key")] {
                let text = try String(
                    contentsOf: directory.appendingPathComponent("\(certificate.rawValue).\(kind)"), encoding: .utf8)
                let lines = text.split(separator: "\n").map { "('\($0)')" }.joined(separator: ", ")
                try await connection.execute(
                    "COPY (VALUES \(unescaped: lines)) TO PROGRAM 'umask 077; cat > \(unescaped: file)'")
            }
        }
        try await connection.execute("ALTER SYSTEM SET ssl = \(unescaped: certificate == nil ? "off" : "on")")
        try await connection.execute("SELECT pg_reload_conf()")
        await connection.close()
    }

    /// Where to connect by TCP, trusting the authority.
    func configuration(
        host: String = Self.name, address: String? = "127.0.0.1", _ options: String
    ) throws -> PostgresConnection.Configuration {
        guard let url = server.tcpURL.flatMap({ URLComponents(string: $0) }) else {
            throw ShellError(description: "no TCP")
        }
        let ca = directory.appendingPathComponent("ca.pem").path
        let options = options.replacingOccurrences(of: "CA", with: "sslrootcert=\(ca)")
            .replacingOccurrences(
                of: "OTHER", with: "sslrootcert=\(directory.appendingPathComponent("other.pem").path)")
        let hostaddr = address.map { "hostaddr=\($0)" } ?? ""
        return try PostgresConnection.Configuration(
            url: """
                host=\(host) \(hostaddr) port=\(url.port ?? 0) user=\(url.user ?? "") password=\(url.password ?? "") \
                dbname=postgres \(options)
                """)
    }

    /// Where to connect by a service file with these lines. Changes the environment of the process.
    func serviceConfiguration(_ lines: String) throws -> PostgresConnection.Configuration {
        guard let url = server.tcpURL.flatMap({ URLComponents(string: $0) }) else {
            throw ShellError(description: "no TCP")
        }
        let file = directory.appendingPathComponent("services.conf")
        try "[remote]\n\(lines)\n".write(to: file, atomically: true, encoding: .utf8)
        setenv("PGSERVICEFILE", file.path, 1)
        return try PostgresConnection.Configuration(
            url: """
                service=remote port=\(url.port ?? 0) user=\(url.user ?? "") password=\(url.password ?? "") dbname=postgres
                """)
    }
}
