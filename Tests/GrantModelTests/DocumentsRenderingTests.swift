import Foundation
import GrantModel
import Testing

@Suite("Diagnostics for people and programs")
struct DocumentsRenderingTests {
    static let two = [
        Diagnostic(
            path: "grants/a,b/c:d.yaml", line: 3, column: 7, code: "unknown-field", message: "unknown field `a%b`",
            help: "did you mean `ab`?"),
        Diagnostic(path: "policy.yaml", severity: .warning, code: "x", message: "no\nline"),
    ]

    @Test("text is one line each, whole files at their start")
    func text() {
        #expect(
            Diagnostic.render(Self.two, as: .text) == """
                grants/a,b/c:d.yaml:3:7: unknown field `a%b`; did you mean `ab`?
                policy.yaml:1:1: warning: no\\u{a}line

                """)
        #expect(Diagnostic.render([], as: .text) == "")
    }

    @Test("text cannot play tricks with a terminal")
    func terminal() {
        let diagnostic = Diagnostic(path: "grants/\u{1B}[2Jx\u{202E}.yaml", code: "x", message: "m")
        #expect(diagnostic.text == "grants/\\u{1b}[2Jx\\u{202e}.yaml:1:1: m")
    }

    @Test("GitHub gets workflow commands, escaped as it wants them")
    func github() {
        #expect(
            Diagnostic.render(Self.two, as: .github) == """
                ::error file=grants/a%2Cb/c%3Ad.yaml,line=3,col=7,title=unknown-field::unknown field `a%25b`; did you mean `ab`?
                ::warning file=policy.yaml,line=1,col=1,title=x::no%0Aline

                """)
    }

    @Test("JSON has exactly the promised fields")
    func json() throws {
        let text = Diagnostic.render(Self.two, as: .json)
        let objects = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        #expect(objects.count == 2)
        #expect(Set(objects[0].keys) == ["path", "line", "column", "severity", "code", "message", "help"])
        #expect(objects[0]["path"] as? String == "grants/a,b/c:d.yaml")
        #expect(objects[0]["line"] as? Int == 3)
        #expect(objects[0]["column"] as? Int == 7)
        #expect(objects[0]["severity"] as? String == "error")
        #expect(objects[1]["severity"] as? String == "warning")
        #expect(objects[1]["line"] as? Int == 0)
        #expect(objects[1]["help"] as? String == "")
        #expect(try JSONSerialization.jsonObject(with: Data(Diagnostic.render([], as: .json).utf8)) as? [Int] == [])
    }
}
