import GrantModel
import Testing

@Suite("What a path stands for")
struct DocumentsPathTests {
    static let long = String(repeating: "a", count: 63)

    @Test(
        "paths in known folders stand for documents",
        arguments: [
            ("policy.yaml", DocumentPath.policy),
            ("people/maria.yaml", .person("maria")),
            ("people/\(long).yaml", .person(ByteString(long))),
            ("identity/corp.yaml", .issuer("corp")),
            ("services/0-x.yaml", .service("0-x")),
            ("data/customer-id.yaml", .dataClass("customer-id")),
            ("grants/claude/bot.yaml", .grant(id: "claude/bot", service: "claude")),
            ("grants/claude/a/b/bot.yaml", .grant(id: "claude/a/b/bot", service: "claude")),
            ("attestations/x.yaml", .attestation),
            ("attestations/2026/x.yaml", .attestation),
            ("attestations/2026-11-20-tom.yaml.sig", .attestationSignature),
            ("attestations/2026/x.yaml.sig", .attestationSignature),
            ("denied/x.yaml", .denial("x")),
            ("identity/corp.xml", .metadata("corp")),
            ("README.md", .outside), ("docs/people/x.yaml", .outside), ("Policy.yaml", .outside), ("", .outside),
            ("peoples/x.yaml", .outside), (".github/workflows/x.yaml", .outside), ("policy.yaml/x", .outside),
        ])
    func known(path: String, meaning: DocumentPath) {
        #expect(DocumentPath(ByteString(path)) == meaning)
    }

    @Test(
        "what does not fit into a known folder is said so",
        arguments: [
            "people", "people/x.yml", "people/x", "people/.yaml", "people/-x.yaml", "people/x_y.yaml", "people/X.yaml",
            "people/a/x.yaml", "people//x.yaml", "people/\(long)a.yaml", "people/x.yaml.sig", "people/.gitkeep",
            "identity/a/x.xml", "grants/x.yaml", "grants/a/b/c/d/x.yaml", "grants/a//x.yaml", "grants/a_b/x.yaml",
            "grants/../x.yaml", "attestations/x.sig", "attestations/26/x.yaml", "attestations/2026/11/x.yaml",
            "attestations/x.yaml.sig.sig", "attestations/abcd/x.yaml", "denied/x.json", "denied/x.yaml ",
            "data/x\n.yaml",
        ])
    func misplaced(path: String) {
        guard case .misplaced(let message) = DocumentPath(ByteString(path)) else {
            Issue.record("\(path) is \(DocumentPath(ByteString(path)))")
            return
        }
        #expect(!message.isEmpty)
    }
}
