import Demo
import Foundation
import GrantModel
import Testing

@testable import grantctl

@Suite("grantctl fmt", .serialized)
struct FormatTests {
    private static let projectRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    @Test(
        "puts fields in order, short lists on one line, and comments where they were",
        arguments: [
            (
                "by: tom\nwhy:   \"do it\"\nto:\n- issuer: corp\n  group: a\ncan: {max_tokens: 5, models: [ a*,b ]}\n",
                "to:\n  - {issuer: corp, group: a}\ncan:\n  max_tokens: 5\n  models: [a*, b]\nwhy: do it\nby: tom\n"
            ),
            (
                "# the head\n\n\n# about by\nby: tom   \n# about to\nto: [{issuer: corp, group: a}]  # inline stays\n# the end\n\n",
                "# the head\n\n# about to\nto: [{issuer: corp, group: a}]  # inline stays\n# about by\nby: tom\n# the end\n"
            ),
            (
                "why: |\n  one\n\n  two\nto: [{issuer: corp, group: 'a: b'}]\n",
                "to:\n  - {issuer: corp, group: 'a: b'}\nwhy: |\n  one\n\n  two\n"
            ),
            (
                "see: ['*x', \"it's\", '- a', \"a, b\", 'a b']\n",
                "see: ['*x', it's, '- a', 'a, b', a b]\n"
            ),
        ])
    func form(_ before: String, _ after: String) throws {
        let formatted = try #require(DocumentFormat.formatted(Array(before.utf8), as: .grant))
        #expect(String(decoding: formatted, as: UTF8.self) == after)
        #expect(DocumentFormat.formatted(formatted, as: .grant) == formatted, "a second time changes nothing")
    }

    @Test("says the same afterwards, for every document of the example repository and of a new one")
    func same() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        for root in [Self.projectRoot + "/grants", home.path + "/access"] {
            let walk = try #require(FileManager.default.enumerator(atPath: root))
            var count = 0
            for case let path as String in walk where path.hasSuffix(".yaml") {
                guard let shape = DocumentShape(DocumentPath(ByteString(path))) else { continue }
                let bytes = [UInt8](try #require(FileManager.default.contents(atPath: root + "/" + path)))
                let formatted = try #require(DocumentFormat.formatted(bytes, as: shape), "\(path)")
                func read(_ bytes: [UInt8]) -> Document? {
                    ParsedDocument(
                        path: DocumentPath(ByteString(path)),
                        file: FileContent(
                            path: ByteString(path), bytes: bytes, blob: .none, sha256: Digest.sha256(of: bytes))
                    ).document
                }
                #expect(read(bytes) != nil && read(formatted) == read(bytes), "\(path)")
                #expect(DocumentFormat.formatted(formatted, as: shape) == formatted)
                count += 1
            }
            #expect(count > 5)
        }
    }

    @Test("leaves alone what somebody attested and what cannot be read, and names what it changed")
    func attested() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        let untidy = "by: maria\nwhy: x\ncan: {models: [claude-haiku-4-5*]}\nto: [{issuer: corp, group: a}]\n"
        for name in ["reviewed", "fresh"] {
            try home.write("access/grants/claude/\(name).yaml", untidy + "# \(name)\n")
        }
        try home.write("access/grants/claude/broken.yaml", "by: [\n")
        let digest = Digest.sha256(of: Array((untidy + "# reviewed\n").utf8)).hex
        try home.write(
            "access/attestations/a.yaml",
            "repo: acme-access\nby: ines\nat: 2026-11-20T14:03Z\ndecisions:\n"
                + "  - {file: grants/claude/reviewed.yaml, sha256: \(digest), decision: keep}\n")
        let checked = home.grantctl("fmt", "--check", in: "access")
        #expect(checked.status == 1)
        #expect(try home.read("access/grants/claude/fresh.yaml").hasPrefix("by:"))
        let ran = home.grantctl("fmt", in: "access")
        #expect(ran.status == 0)
        #expect(ran.output.contains("grants/claude/reviewed.yaml: left as it is, it was attested"))
        #expect(ran.output.contains("grants/claude/broken.yaml: left as it is, it cannot be read"))
        #expect(
            ran.output.contains("\ngrants/claude/fresh.yaml\n") || ran.output.hasPrefix("grants/claude/fresh.yaml\n"))
        #expect(try home.read("access/grants/claude/reviewed.yaml").hasPrefix("by:"))
        #expect(try home.read("access/grants/claude/fresh.yaml").hasPrefix("to:\n"))
        #expect(
            home.grantctl("fmt", "--attested", "--check", in: "access").output.contains("grants/claude/reviewed.yaml\n")
        )
    }
}

@Suite("What grantctl hands out")
struct HandoutTests {
    @Test("schemas have exactly the fields that the readers take", arguments: DocumentShape.allCases)
    func fields(_ kind: DocumentShape) throws {
        let paths: [DocumentShape: ByteString] = [
            .policy: "policy.yaml", .person: "people/a.yaml", .identity: "identity/a.yaml", .service: "services/a.yaml",
            .data: "data/a.yaml", .grant: "grants/a/b.yaml", .attestation: "attestations/a.yaml",
            .denial: "denied/a.yaml",
        ]
        let path = try #require(paths[kind])
        func unknown(_ field: String) -> Bool {
            let bytes = Array("\(field): x\n".utf8)
            let parsed = ParsedDocument(
                path: DocumentPath(path),
                file: FileContent(path: path, bytes: bytes, blob: .none, sha256: Digest.sha256(of: bytes)))
            return parsed.diagnostics.contains { $0.code == "unknown-field" }
        }
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(EditorSchema.json(kind).utf8)) as? [String: Any])
        let properties = try #require(schema["properties"] as? [String: Any])
        #expect(properties.count >= 2)
        for field in properties.keys { #expect(!unknown(field), "\(kind): `\(field)`") }
        #expect(unknown("no_such_field"))
        #expect(schema["additionalProperties"] as? Bool == false)
        for field in schema["required"] as? [String] ?? [] { #expect(properties[field] != nil) }
    }

    @Test("every command teaches with examples, and has a manual page and completions")
    func commands() throws {
        let pages = try ManualPages().all
        #expect(pages.count > 15)
        for page in pages {
            #expect(page.text.contains(".Sh EXAMPLES"), "\(page.name)")
            #expect(page.text.contains(".Sh NAME") && page.text.contains(".Nd "), "\(page.name)")
            #expect(
                !page.text.split(separator: "\n").contains {
                    $0.hasPrefix(".") && $0.contains("`") && $0.hasPrefix("..")
                })
        }
        let bash = try Command.run([WorkflowHome.grantctl, "completions", "bash"])
        #expect(bash.contains("request") && bash.contains("--dry-run"))
        let checked = ProgramRun(
            program: "bash", arguments: ["-n"], input: Array(bash.utf8), inputChannel: .captured
        ).run()
        #expect(checked.status == 0, "\(checked.errorText)")
    }
}
