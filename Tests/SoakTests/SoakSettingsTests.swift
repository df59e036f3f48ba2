import Testing

@testable import Soak

@Suite("The settings of a soak")
struct SoakSettingsTests {
    @Test("are a minute and a drawn seed by default")
    func defaults() throws {
        #expect(try SoakSettings([:]).duration == .seconds(60))
        #expect(try SoakSettings([:]).seed != SoakSettings([:]).seed)
    }

    @Test("come from the environment")
    func environment() throws {
        let settings = try SoakSettings(["MINUTES": "2.5", "SEED": "7", "CLIENTS": "3"])
        #expect(settings.duration == .seconds(150))
        #expect(settings.seed == 7)
        #expect(settings.lanes == 3)
    }

    @Test(
        "are refused by name when they make no sense",
        arguments: [("MINUTES", "soon"), ("MINUTES", "0"), ("SEED", "-1"), ("CLIENTS", "0"), ("CLIENTS", "many")])
    func refused(name: String, value: String) {
        let error = #expect(throws: SoakSettings.Unusable.self) { try SoakSettings([name: value]) }
        #expect(error?.description.contains(name) == true)
    }
}
