import Foundation
import GrantModel
import Synchronization
import TestSupport
import Testing

@Suite("The dialect")
struct DialectTests {
    /// Reads fields `a`, `b`, `why`, `list` of anything, so that only the dialect speaks.
    static func read(_ bytes: [UInt8]) -> DocumentReader.Reading<[DocumentNode]> {
        DocumentReader.read(bytes, path: "x.yaml") { fields in
            ["a", "b", "why", "list"].compactMap { fields.node($0) }
        }
    }

    static func read(_ text: String) -> DocumentReader.Reading<[DocumentNode]> { read(Array(text.utf8)) }

    struct Case: CustomTestStringConvertible, Sendable {
        var text: String
        var findings: [String]
        var testDescription: String { "\(text.prefix(50).debugDescription)" }

        init(_ text: String, _ findings: String...) {
            self.text = text
            self.findings = findings
        }
    }

    @Test(
        "what the dialect leaves out of YAML is refused where it stands",
        arguments: [
            Case("a: b\n"), Case("---\na: b\n"), Case("# comment\n---\n\na: b # more\n"), Case("a: b"), Case("{a: b}"),
            Case("--- {a: b}\n"), Case("\"a\": 'b'\n"), Case("a: [x, y]\nb: {}\nlist: []\n"),
            Case("a: &x b\n", "1:4 anchor"),
            Case("&x a: b\n", "1:1 anchor"),
            Case("a: &x b\nb: *x\n", "1:4 anchor", "2:4 alias"),
            Case("a: *x\n", "1:4 alias"),
            Case("list: [*]\n", "1:9 alias"),
            Case("a: !!str b\n", "1:4 tag"),
            Case("a: !x b\n", "1:4 tag"),
            Case("a: ! b\n", "1:4 tag"),
            Case("a: ! 'b'\n", "1:4 tag"),
            Case("a: ! |\n  b\n", "1:4 tag"),
            Case("a: !\n", "1:4 tag"),
            Case("a: ! [b]\n", "1:4 tag"),
            Case("a: !<tag:x> {}\n", "1:4 tag"),
            Case("! a: b\n", "1:1 tag"),
            Case("--- !!map\na: b\n", "1:5 tag"),
            Case("<<: {a: b}\n", "1:1 merge-key"),
            Case("a: b\nb: c\na: d\n", "3:1 duplicate-key"),
            Case("a: b\n\"\\x61\": c\n", "2:1 duplicate-key"),
            Case("a: {x: y, x: z, x: w}\n", "1:11 duplicate-key", "1:17 duplicate-key"),
            Case("a: b\n---\na: c\n", "2:1 second-document"),
            Case("a: b\n---\n", "2:1 second-document"),
            Case("a: b\n...\n", "2:1 document-end"),
            Case("a: b\n...\n---\na: c\n", "2:1 document-end", "3:1 second-document"),
            Case("%YAML 1.1\n---\na: b\n", "1:1 directive"),
            Case("%TAG ! x:\n---\na: b\n", "1:1 directive"),
            Case("%FOO\n---\na: b\n", "1:1 directive"),
            Case("%YAML 1.3\n---\na: b\n", "1:1 directive"),
            Case("? [a]\n: b\n", "1:3 complex-key"),
            Case("{a: b}: c\n", "1:1 complex-key"),
            Case(": b\n", "1:1 syntax"),
            Case("'': b\n", "1:1 bad-key"),
            Case("? |\n  a\n: b\n", "1:3 bad-key"),
            Case("", "0:0 empty-document"),
            Case("\n# nothing\n", "0:0 empty-document"),
            Case("---\n", "2:1 wrong-type"),
            Case("text\n", "1:1 wrong-type"),
            Case("- a\n", "1:1 wrong-type"),
            Case("a: b\nc: d\n", "2:1 unknown-field"),
            Case("A: b\n", "1:1 unknown-field"),
            Case("a: [\n", "2:1 syntax"),
            Case("a: b: c\n", "1:5 syntax"),
            Case("a: @x\n", "1:4 syntax"),
            Case("a: 'x\n", "2:1 syntax"),
            Case("a: \"\\q\"\n", "1:5 syntax"),
            Case("a: \"\\ud800\"\n", "1:7 syntax"),
            Case("a: b\n  b: c\n", "2:4 syntax"),
            Case("a: }\n", "1:4 syntax"),
            Case("[", "1:2 syntax"),
            Case("a: ü\n[", "2:2 syntax"),
        ])
    func leftOut(_ example: Case) {
        let reading = Self.read(example.text)
        #expect(findings(reading.diagnostics) == example.findings, "\(reading.diagnostics.map(\.text))")
        #expect((reading.value == nil) == !example.findings.isEmpty)
    }

    static let forbidden: [(UInt32, String)] =
        [(0x09, "tab"), (0x0D, "carriage-return"), (0xFEFF, "byte-order-mark")]
        + [0x00, 0x01, 0x07, 0x08, 0x0B, 0x0C, 0x1B, 0x1F, 0x7F, 0x80, 0x84, 0x86, 0x9F].map {
            ($0, "control-character")
        }
        + [0x85, 0x2028, 0x2029].map { ($0, "line-separator") }
        + [0x061C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069]
        .map { ($0, "bidirectional-control") }
        + [0xAD, 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0x2064, 0x3164, 0xFFFE, 0xFFFF, 0xE0041, 0x1FFFF]
        .map { ($0, "invisible-character") }

    @Test("forbidden characters are refused raw, in values, comments and prose", arguments: forbidden)
    func forbiddenRaw(value: UInt32, code: String) throws {
        let character = String(Character(try #require(Unicode.Scalar(value))))
        #expect(findings(Self.read("a: b\nb: x\(character)y\n").diagnostics) == ["2:5 \(code)"])
        #expect(findings(Self.read("a: b # é\(character)\n").diagnostics) == ["1:10 \(code)"])
        #expect(findings(Self.read("why: |\n  x\n  y\(character)\n").diagnostics) == ["3:4 \(code)"])
    }

    @Test("forbidden characters are refused as escapes", arguments: forbidden)
    func forbiddenEscaped(value: UInt32, code: String) {
        let digits = String(value, radix: 16)
        let escape = "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        #expect(findings(Self.read("why: \"x\(escape)y\"\n").diagnostics) == ["1:6 \(code)"])
        #expect(findings(Self.read("\"a\(escape)\": y\n").diagnostics) == ["1:1 \(code)"])
    }

    @Test(
        "short escapes are no way round",
        arguments: ["\\t", "\\r", "\\0", "\\a", "\\b", "\\v", "\\f", "\\e", "\\N", "\\L", "\\P"])
    func shortEscapes(escape: String) {
        let reading = Self.read("why: \"x\(escape)y\"\n")
        #expect(reading.diagnostics.count == 1)
        #expect(reading.value == nil)
    }

    @Test(
        "bytes that are no UTF-8 are refused where they stand",
        arguments: [
            [0x80], [0xC0, 0xAF], [0xC3], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0xAF],
            [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x82],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        let reading = Self.read(Array("a: b\nb: ö".utf8) + bytes + Array("\n".utf8))
        #expect(findings(reading.diagnostics) == ["2:6 invalid-utf8"])
    }

    @Test("UTF-16 is no way in")
    func otherEncodings() {
        let text: [UInt8] = [0xFF, 0xFE] + Array("a: b\n".utf8).flatMap { [$0, 0] }
        #expect(Self.read(text).value == nil)
    }

    @Test("a file with foreign line ends gives one message, not one a line")
    func carriageReturns() {
        #expect(findings(Self.read("a: b\r\nb: c\r\nwhy: d\r\n").diagnostics) == ["1:5 carriage-return"])
    }

    @Test("a forbidden character hides no mistake on other lines")
    func everythingAtOnce() {
        let reading = Self.read("a: x\u{202E}\nbb: y\nb: \u{200B}\nwhy: *x\n")
        #expect(
            findings(reading.diagnostics) == [
                "1:5 bidirectional-control", "2:1 unknown-field", "3:4 invisible-character", "4:6 alias",
            ])
    }

    @Test("columns count bytes, lines and columns from 1")
    func byteColumns() throws {
        let reading = Self.read("a: [é, 猫, 'x', {k: ü, l: *y}]\n# ö\nb: ñ\n")
        #expect(findings(reading.diagnostics) == ["1:30 alias"])
        let sound = Self.read("a: [é, 猫, 'x']\n# ö\nwhy: ñ\n")
        let nodes = try #require(sound.value)
        guard case .list(let items) = nodes[0].content else {
            Issue.record("no list")
            return
        }
        #expect(items.map(\.position.column) == [5, 9, 14])
        #expect(nodes[1].position == Position(line: 3, column: 6))
    }

    @Test("every scalar is text as it was written")
    func scalars() throws {
        let nodes = try #require(Self.read("list: [no, 012, ~, null, 1e3, 0x1F, yes, 2026-01-01, '1', .inf]\n").value)
        guard case .list(let items) = nodes[0].content else {
            Issue.record("no list")
            return
        }
        let texts = items.map { item -> String in
            if case .text(let text, .line) = item.content { text.text } else { "?" }
        }
        #expect(texts == ["no", "012", "~", "null", "1e3", "0x1F", "yes", "2026-01-01", "1", ".inf"])
    }

    @Test("values that are no prose stay on one line")
    func oneLine() {
        func read(_ text: String) -> [String] {
            findings(DocumentReader.read(Array(text.utf8), path: "x") { $0.required("a", .anyText) }.diagnostics)
        }
        #expect(read("a: b\n") == [])
        #expect(read("a: |\n  b\n") == ["1:4 block-scalar"])
        #expect(read("a: >-\n  b\n") == ["1:4 block-scalar"])
        #expect(read("a: b\n  c\n") == ["1:4 multi-line"])
        #expect(read("a: 'b\n  c'\n") == ["1:4 multi-line"])
        #expect(read("a: \"b\\nc\"\n") == ["1:4 multi-line"])
        #expect(read("a:\n") == ["1:1 empty-value"])
        #expect(read("a: ''\n") == ["1:4 empty-value"])
        #expect(read("a: [b]\n") == ["1:4 wrong-type"])
    }

    @Test("size is bounded to the byte")
    func size() {
        let head = "a: b\n#"
        #expect(Self.read(head + String(repeating: "x", count: 16_384 - head.utf8.count)).diagnostics == [])
        #expect(
            findings(Self.read(head + String(repeating: "x", count: 16_385 - head.utf8.count)).diagnostics)
                == ["0:0 too-large"])
        let sitting = ParsedDocument(
            path: .attestation,
            file: FileContent(
                path: "attestations/x.yaml",
                bytes: Array((Sample.sitting + "#" + String(repeating: "x", count: 200_000)).utf8)))
        #expect(sitting.document != nil)
    }

    @Test("a repeated name is found among few and among many", arguments: [2, 15, 16, 17, 40])
    func repetitions(count: Int) {
        let names = (0..<count).map { "n\($0): x" } + ["n0: y", "n\(count - 1): y"]
        let reading = DocumentReader.read(Array("a: {\(names.joined(separator: ", "))}\n".utf8), path: "x") {
            $0.required("a", .mapping(of: .anyText))
        }
        #expect(reading.diagnostics.map(\.message) == ["`n0` is there twice", "`n\(count - 1)` is there twice"])
    }

    @Test("nesting is bounded", arguments: ["[", "{a: "])
    func depth(open: String) {
        let reading = Self.read("a: " + String(repeating: open, count: 2_000))
        #expect(reading.diagnostics.map(\.code) == ["too-deep"])
    }

    @Test("a flood of mistakes is counted, not printed")
    func flood() {
        let reading = Self.read((0..<1_000).map { "x\($0): y\n" }.joined())
        #expect(reading.diagnostics.count == 101)
        #expect(reading.diagnostics.last?.message == "900 more problems are not shown")
    }

    @Test("messages stay short and on one line, whatever was written")
    func messages() {
        let long = String(repeating: "猫", count: 500)
        let reading = DocumentReader.read(Array("a: \(long)\n".utf8), path: "x") { $0.required("a", .name) }
        #expect(
            reading.diagnostics.first?.message == "`" + String(repeating: "猫", count: 26) + "…` is not a name")
    }

    private struct Outcome: Equatable, Sendable {
        var root: DocumentNode?
        var values: [DocumentNode]?
        var diagnostics: [Diagnostic]

        init(_ text: String) {
            root = DocumentReader.root(of: Array(text.utf8))
            let reading = DialectTests.read(text)
            values = reading.value
            diagnostics = reading.diagnostics
        }
    }

    @Test("what a thread read before changes nothing about what it reads next")
    func parsersAreAsNew() {
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        let texts = [
            "a: 1\nb: {x: [1, two, 'three'], y: \"f\\u00e9\"}\n", "a: |\n  some\n  text\nwhy: >-\n  folded\n  text\n",
            "# only a comment\n", "", "a: [1, 2\n", "a: {b: 1\nb: }\n", "a: 'open\n", "%YAML 1.2\n---\na: 1\n",
            "%TAG ! tag:x,2026:\n---\na: !x 1\n", "a: 1\n---\nb: 2\n", "a: 1\n...\n", "a: &x 1\nb: *x\n",
            "a: \(deep)\n",
            "? [a]\n: b\n", "a: 猫: x\n", "a: 猫\nb: 'é'\n", "list:\n  - a\n  - {b: c}\n  -\n", "\ta: 1\n",
            "a: 1\n  b: 2\n",
            "list: [\((0..<500).map { "n\($0)" }.joined(separator: ", "))]\n", "a: {<<: {b: 1}}\n", "a: 1\na: 2\n",
            "]\n",
        ]
        // Each on a thread of its own, that has read nothing yet.
        let asNew = texts.map { text in
            let outcome = Mutex<Outcome?>(nil)
            let done = DispatchSemaphore(value: 0)
            Thread {
                let read = Outcome(text)
                outcome.withLock { $0 = read }
                done.signal()
            }.start()
            done.wait()
            return outcome.withLock { $0 }
        }
        #expect(asNew.contains { $0?.root != nil } && asNew.contains { $0?.root == nil })
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let index = Int.random(in: texts.indices, using: &random)
            #expect(Outcome(texts[index]) == asNew[index], "\(texts[index].debugDescription), seed \(seed)")
        }
    }

    @Test(
        "the nearest name is suggested",
        arguments: [
            ("modles", "models"), ("model", "models"), ("Models", "models"), ("max_token", "max_tokens"),
            ("why", nil), ("xyzzy", nil), ("tols", "tools"), ("server-tools", "server_tools"),
        ])
    func suggestions(written: String, nearest: String?) {
        let reading = DocumentReader.read(Array("\(written): x\n".utf8), path: "x") { fields in
            ["models", "tools", "max_tokens", "server_tools"].compactMap { fields.node($0) }
        }
        let help = reading.diagnostics.first?.help ?? ""
        #expect(
            help == nearest.map { "did you mean `\($0)`?" }
                ?? "fields here: `models`, `tools`, `max_tokens`, `server_tools`")
    }
}
