import Testing

@testable import IdempotencyTool

@Suite("A setting of the server")
struct ServerSettingTests {
    @Test(
        "is a length of time in its own unit, in the column's, or in milliseconds",
        arguments: [
            ("10000", "ms", .seconds(10)), ("10", "s", .seconds(10)), ("2", "min", .seconds(120)),
            ("10000", nil, .seconds(10)), ("0", "ms", .zero), ("0", nil, .zero), ("10s", nil, .seconds(10)),
            ("10s", "ms", .seconds(10)), ("1.5 s", nil, .milliseconds(1500)), ("500us", "ms", .microseconds(500)),
            ("1h", nil, .seconds(3600)), ("1d", nil, .seconds(86_400)),
            ("", "ms", nil), ("on", nil, nil), ("-1", "ms", nil), ("10 fortnights", nil, nil), ("1.2.3", "s", nil),
            ("10", "8kB", nil),
        ] as [(String, String?, Duration?)]
    )
    func duration(value: String, unit: String?, duration: Duration?) {
        #expect(ServerSetting(name: "a", value: value, unit: unit).duration == duration)
    }

    @Test("is written with its unit, unless it is nought or has none")
    func text() {
        #expect(ServerSetting(name: "a", value: "50", unit: "ms").text == "50 ms")
        #expect(ServerSetting(name: "a", value: "0", unit: "ms").text == "0")
        #expect(ServerSetting(name: "a", value: "off").text == "off")
    }
}
