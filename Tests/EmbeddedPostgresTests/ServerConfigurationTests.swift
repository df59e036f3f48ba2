import Testing

@testable import EmbeddedPostgres

@Suite("A server's configuration")
struct ServerConfigurationTests {
    @Test("trades durability for speed only in temporary servers")
    func defaults() throws {
        #expect(try ServerConfiguration(storage: .temporary, overrides: [:]).settings["fsync"] == "off")
        #expect(try ServerConfiguration(storage: .kept(directory: "x"), overrides: [:]).settings["fsync"] == nil)
        #expect(try ServerConfiguration(storage: .temporary, overrides: ["FSYNC": "on"]).settings["fsync"] == "on")
    }

    @Test("quotes values")
    func quoting() throws {
        let text = try ServerConfiguration(storage: .temporary, overrides: ["application_name": #"it's \ "x""#])
            .text(port: 5, socketDirectory: "/a b,c")
        #expect(text.contains(#"application_name = 'it''s \\ "x"'"# + "\n"))
        #expect(text.contains(#"unix_socket_directories = '"/a b,c"'"# + "\n"))
        #expect(text.contains("port = '5'\n"))
    }

    @Test(
        "refuses names that are malformed or not the caller's to set, and values of several lines",
        arguments: [
            ("port", "1"), ("Listen_Addresses", "*"), ("data_directory", "/"), ("", "x"), ("a b", "x"), ("a\nb", "x"),
            ("work_mem", "1MB\nfsync = off"),
        ])
    func refusals(name: String, value: String) {
        let error = #expect(throws: EmbeddedPostgresError.self) {
            try ServerConfiguration(storage: .temporary, overrides: [name: value])
        }
        #expect(error?.code == .invalidSetting)
    }

    @Test("URLs name socket folder and port, percent-encoded")
    func addresses() {
        let address = ServerAddress(port: 5433, socketDirectory: "/tmp/ä b", password: "secret")
        #expect(address.socketURL == "postgresql://postgres:secret@/postgres?host=%2Ftmp%2F%C3%A4%20b&port=5433")
        #expect(address.tcpURL == "postgresql://postgres:secret@127.0.0.1:5433/postgres")
    }

    @Test("a free port is free until somebody listens on it")
    func ports() throws {
        let port = try LoopbackPort.free()
        #expect(port > 1023)
        #expect(LoopbackPort.isFree(port))
    }
}
