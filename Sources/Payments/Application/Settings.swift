import Configuration
import Logging

/// Where the settings come from: flags first, then the environment.
///
/// A key is the variable's name in lower case with dots: `payments.api.tokens` is `PAYMENTS_API_TOKENS`.
enum Settings {
    /// - Parameters:
    ///   - host: the flag `--host`, if given.
    ///   - port: the flag `--port`, if given.
    ///   - environment: variables to read instead of the process', for tests.
    static func reader(host: String? = nil, port: Int? = nil, environment: [String: String]? = nil) -> ConfigReader {
        var flags: [AbsoluteConfigKey: ConfigValue] = [:]
        if let host { flags["host"] = ConfigValue(.string(host), isSecret: false) }
        if let port { flags["port"] = ConfigValue(.string(String(port)), isSecret: false) }
        let secrets: SecretsSpecifier<String, String> = .specific(["DATABASE_URL", "PAYMENTS_API_TOKENS"])
        let variables =
            if let environment {
                EnvironmentVariablesProvider(environmentVariables: environment, secretsSpecifier: secrets)
            } else {
                EnvironmentVariablesProvider(secretsSpecifier: secrets)
            }
        return ConfigReader(providers: [InMemoryProvider(values: flags), variables])
    }
}

extension ConfigReader {
    /// A setting's text; nil when it is unset or empty, as in `POOL= payments serve`.
    func text(_ key: ConfigKey, isSecret: Bool = false) -> String? {
        guard let text = string(forKey: key, isSecret: isSecret), !text.isEmpty else { return nil }
        return text
    }

    /// A whole number within a range.
    /// - Throws: ``SettingsError`` that names the variable, when the text is something else.
    func number(_ key: ConfigKey, named name: String, in range: ClosedRange<Int>, default value: Int) throws -> Int {
        guard let text = text(key) else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw SettingsError(
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), but is \"\(text)\"")
        }
        return number
    }
}

/// A setting cannot be used; the message names it and says what to do.
struct SettingsError: Error, Hashable, CustomStringConvertible {
    let message: String

    init(_ message: String) {
        self.message = message
    }

    var description: String { message }
}
