import ArgumentParser
import IdempotencyConformance

/// The server under test, and how to talk to it.
struct TargetOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Scheme, host and port, perhaps a path before that of the endpoint.", valueName: "url"))
    var url: String

    @Option(help: ArgumentHelp("The operation: POST:/payments.", valueName: "method:path"))
    var endpoint: String

    @Option(help: ArgumentHelp("A body that the server accepts, with {unique} in it.", valueName: "text"))
    var body: String

    @Option(help: ArgumentHelp("The body's type.", valueName: "type"))
    var contentType = "application/json"

    @Option(
        help: ArgumentHelp(
            "A header field of each request, never shown; may be repeated. In a file (@file), one on each line, others do "
                + "not see it in the list of processes.", valueName: "name: value"))
    var header: [String] = []

    @Option(
        help: ArgumentHelp(
            "The same of another principal, in place of those with the same name: for the check that keys are apart.",
            valueName: "name: value"))
    var otherHeader: [String] = []

    @Option(
        help: ArgumentHelp(
            "Counts the effects of one operation: GET:/payments?reference={unique} answers with an array, or a number.",
            valueName: "method:path"))
    var probe: String?

    @Option(
        help: ArgumentHelp(
            "Where the array or number is in the probe's answer (RFC 6901); the whole answer by default.",
            valueName: "pointer"))
    var probePointer = ""

    @Option(help: ArgumentHelp("A body that is refused for good, with 4xx.", valueName: "text"))
    var refusedBody: String?

    @Option(help: ArgumentHelp("A body whose first request gets 5xx, and whose retry succeeds.", valueName: "text"))
    var failingBody: String?

    @Option(
        help: ArgumentHelp(
            "A body that takes about a second, so that its duplicates come in between.", valueName: "text"))
    var slowBody: String?

    @Option(help: ArgumentHelp("A size of bodies that is over the server's limit.", valueName: "bytes"))
    var oversize: Int?

    @Option(
        help: ArgumentHelp(
            "How long keys live, 5s for example; at most 60s are waited for. By default what the answers say of it.",
            valueName: "duration"),
        transform: Duration.init(argument:))
    var window: Duration?

    @Option(help: ArgumentHelp("How many duplicates are sent at the same moment.", valueName: "count"))
    var parallel = 20

    @Option(
        help: ArgumentHelp(
            "For one answer, and for a key to stop being in flight; 10s by default.", valueName: "duration"),
        transform: Duration.init(argument:))
    var timeout: Duration?

    @Option(
        help: ArgumentHelp(
            "A response field that differs from answer to answer, besides those of well-known proxies; may be repeated.",
            valueName: "name"))
    var ignoreField: [String] = []

    func validate() throws {
        guard 2...1000 ~= parallel else { throw ValidationError("--parallel must be from 2 to 1000.") }
        guard 1...1 << 30 ~= oversize ?? 1 else {
            throw ValidationError("--oversize must be a number of bytes from 1 to 1073741824.")
        }
    }

    /// - Throws: ``ConformanceError`` with `.settings`, naming the option.
    func target() throws -> Target {
        var target = try Target(
            url: url, endpoint: Endpoint(endpoint, option: "--endpoint"), body: template(body, option: "--body"))
        target.contentType = contentType
        target.headers = try lines(header, option: "--header")
        target.otherHeaders = try lines(otherHeader, option: "--other-header")
        target.probe = try probe.map { try EffectProbe($0, pointer: probePointer) }
        target.refusedBody = try refusedBody.map { try template($0, option: "--refused-body") }
        target.failingBody = try failingBody.map { try template($0, option: "--failing-body") }
        target.slowBody = try slowBody.map { try template($0, option: "--slow-body") }
        target.oversize = oversize
        target.window = window
        target.parallel = parallel
        target.timeout = timeout ?? target.timeout
        target.ignoredFields = Set(ignoreField.map { $0.lowercased() })
        return target
    }

    private func template(_ text: String, option: String) throws -> BodyTemplate {
        try BodyTemplate(ArgumentText.read(text, option: option), option: option)
    }

    private func lines(_ texts: [String], option: String) throws -> [HeaderLine] {
        try texts.flatMap { try ArgumentText.read($0, option: option).split(whereSeparator: \.isNewline) }
            .map { try HeaderLine(String($0), option: option) }
    }
}
