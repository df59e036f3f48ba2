import Foundation

#if canImport(FoundationXML)
import FoundationXML
#endif

/// What a CI reads of JUnit's XML.
final class JUnitDocument: NSObject, XMLParserDelegate {
    private(set) var cases: [String] = []
    private(set) var failures: [String: String] = [:]
    private(set) var skipped: [String] = []
    private(set) var suite: [String: String] = [:]

    /// Nil when the text is not well-formed.
    init?(_ text: String) {
        super.init()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = self
        guard parser.parse() else { return nil }
    }

    func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        switch element {
        case "testsuite": suite = attributes
        case "testcase": cases.append(attributes["name"] ?? "")
        case "failure": failures[cases.last ?? ""] = attributes["message"]
        case "skipped": skipped.append(cases.last ?? "")
        default: break
        }
    }
}
