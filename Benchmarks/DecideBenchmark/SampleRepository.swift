import GrantModel

/// A grants repository of any size: half of its grants name agents by subject, a quarter workloads by claims, a quarter
/// people by group and role. All attested by one person.
struct SampleRepository {
    static let now = Instant(seconds: 1_767_312_000)
    private static let landed = Instant(seconds: 1_767_225_600)

    let genesis: CommitChange
    let agents: [Caller]
    let workloads: [Caller]
    let people: [Caller]
    let strangers: [Caller]

    /// Takes every signature for one by the key whose blob it is: what is measured comes after verification.
    static let verify: VerifySignature = { signature, _ in .success(SigningKey(blob: signature)) }

    init(grants: Int) {
        var files = Self.fixed
        var decisions: [String] = []
        for index in 0..<grants {
            let path = "grants/claude/f\(index / 1_000)/g\(index).yaml"
            let file = FileContent(path: ByteString(path), bytes: Array(Self.grant(index).utf8))
            decisions.append("  - {file: \(path), sha256: \(file.sha256.hex), decision: keep}\n")
            files.append(file)
        }
        for start in stride(from: 0, to: decisions.count, by: 1_000) {
            let text =
                "repo: sample\nby: tom\nat: \(Self.landed)\ndecisions:\n"
                + decisions[start..<min(start + 1_000, decisions.count)].joined()
            let path = "attestations/s\(start).yaml"
            files.append(FileContent(path: ByteString(path), bytes: Array(text.utf8)))
            files.append(FileContent(path: ByteString(path + ".sig"), bytes: Self.key(1)))
        }
        genesis = CommitChange(
            commit: ObjectID(hex: String(repeating: "1", count: 40)), observed: Self.landed,
            written: files.sorted { $0.path < $1.path })

        let spread = stride(from: 0, to: grants, by: max(1, grants / 997))
        agents = spread.map { Caller(issuer: "corp", subject: ByteString("agent-\($0 / 4 * 4)")) }
        workloads = spread.map {
            Caller(
                issuer: "github", subject: "repo:acme/x:ref:refs/heads/main",
                claims: [
                    "repository": ByteString("acme/repository-\($0 / 4 * 4 + 2)"), "ref": "refs/heads/main",
                    "workflow": "build", "actor": "someone", "event_name": "push", "iss": "https://github.example",
                ])
        }
        people = spread.map { index in
            let own = (0..<5).map { ByteString("team-\((index / 4 + $0) * 4 % max(4, grants) + 3)") }
            return Caller(
                issuer: "corp", subject: ByteString("person-\(index)"),
                email: ByteString("person-\(index)@acme.example"),
                groups: (0..<45).map { ByteString("distribution-list-\(index + $0)") } + own, roles: ["engineer"])
        }
        strangers = spread.map { index in
            Caller(
                issuer: "corp", subject: ByteString("stranger-\(index)"),
                groups: (0..<50).map { ByteString("distribution-list-\(index + $0)") }, roles: ["visitor"])
        }
    }

    /// What an Agent SDK session asks for: an operation, a model, 22 tools.
    static func facts(model: String) -> RequestFacts {
        var facts = RequestFacts(maxTokens: 8_192, stream: true)
        facts.names.append(.operations, "messages".utf8)
        facts.names.append(.models, model.utf8)
        for index in 0..<22 { facts.names.append(.tools, "mcp__server__tool_\(index)".utf8) }
        return facts
    }

    private static func grant(_ index: Int) -> String {
        let to =
            switch index % 4 {
            case 0, 1: "{issuer: corp, sub: agent-\(index / 4 * 4 + index % 2)}"
            case 2: "{issuer: github, claims: {repository: acme/repository-\(index), ref: refs/heads/main}}"
            case _: "{issuer: corp, group: team-\(index), role: engineer}"
            }
        return """
            to: [\(to)]
            can: {models: [claude-sonnet-4-5*, claude-haiku-4-5*], server_tools: [web_search], max_tokens: 8192}
            see: [email]
            why: sample \(index)
            by: maria

            """
    }

    private static func key(_ number: UInt8) -> [UInt8] {
        [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [0, 0, 0, 32] + [UInt8](repeating: number, count: 32)
    }

    private static var fixed: [FileContent] {
        let issuer = "kind: oidc\nissuer: https://%.example\naudience: [a]\nalgorithms: [RS256]\nlongest: 1h\n"
        let texts = [
            "policy.yaml": """
            name: sample
            version: 1
            admins: [tom]
            tiers:
              standard: {longest: 180d, review: 90d, reviewers: 1, stale: 24h, first_review: attestation}

            """,
            "people/tom.yaml": "keys: [ssh-ed25519 \(Base64.encode(key(1))) tom]\n",
            "people/maria.yaml": "keys: [ssh-ed25519 \(Base64.encode(key(2))) maria]\n",
            "identity/corp.yaml": issuer.split(separator: "%").joined(separator: "corp"),
            "identity/github.yaml": issuer.split(separator: "%").joined(separator: "github"),
            "services/claude.yaml": """
            kind: anthropic
            upstream: https://api.anthropic.com
            prefix: /claude
            owners: [tom]
            tier: standard
            protects: [email, payment_card]

            """,
        ]
        return texts.map { FileContent(path: ByteString($0.key), bytes: Array($0.value.utf8)) }
    }
}
