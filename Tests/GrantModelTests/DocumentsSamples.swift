import GrantModel

/// The documents of a small repository that has nothing wrong, and what tests ask of them.
enum Sample {
    static let policy = """
        name: acme-access            # what reviewers sign for; never changes
        version: 7
        admins: [tom, ines]
        protect: merge
        tiers:
          standard: {longest: 180d, review: 90d, reviewers: 1, stale: 24h, first_review: attestation}
          critical: {longest: 30d,  review: 30d, reviewers: 2, stale: 1h,  first_review: attestation}
        remind: [14d, 7d, 1d]

        """

    static func person(_ email: String, key: UInt8) -> String {
        """
        email: \(email)
        keys: [\(ed25519(key)) laptop]
        retired: []
        identities: [{issuer: corp, sub: 00u\(key)}]

        """
    }

    static let corp = """
        kind: oidc                   # oidc | saml
        issuer: https://acme.okta.example
        audience: [grantctl]
        algorithms: [RS256, ES256]
        claims: {groups: groups, roles: roles, email: email}
        longest: 1h
        leeway: 30s
        require: {tenant: acme}

        """

    static let legacy = """
        kind: saml
        metadata: https://idp.acme.example/metadata
        audience: [https://gateway.acme.example/saml]
        recipient: https://gateway.acme.example/token
        claims: {groups: memberOf, roles: role, email: mail}
        longest: 1h

        """

    static let claude = """
        kind: anthropic
        upstream: https://api.anthropic.com
        credential: anthropic
        prefix: /claude
        owners: [tom]
        tier: standard
        elevated:                    # asking for any of these puts the grant in a stricter tier
          - {tier: critical, models: [claude-opus-*]}
          - {tier: critical, server_tools: [code_execution, web_fetch]}
          - {tier: critical, see: [payment_card]}
        protects: [email, payment_card, iban, secret, customer-id]
        unknown_fields: deny
        mode: enforce
        records: {bodies: masked, keep: 90d}

        """

    static let tickets = """
        kind: http
        upstream: http://127.0.0.1:8080/base/
        prefix: /tickets
        owners: [ines]
        tier: standard

        """

    static let triage = """
        to:
          - {issuer: corp, group: support-agents, role: triage}
          - {issuer: legacy, claims: {repository: acme/triage, ref: refs/heads/main}}
        can:
          models: [claude-sonnet-4-5*, claude-haiku-4-5*]
          server_tools: [web_search]
          max_tokens: 8192
        see: [email]
        beyond: deny
        why: Auto-triage inbound tickets, OPS-1412
        by: maria
        until: 2027-03-31

        """

    static let reader = """
        to: [{issuer: corp, sub: 00u9}]
        can: {routes: [GET /v1/tickets/**]}
        why: Reads tickets
        by: maria

        """

    static let denied = """
        to: [{issuer: corp}]
        grants: [claude/triage-bot]
        why: Laptop stolen

        """

    static var sitting: String {
        """
        repo: acme-access
        by: tom
        at: 2026-11-20T14:03Z
        decisions:
          - file: grants/claude/triage-bot.yaml
            sha256: \(Digest.sha256(of: triage.utf8).hex)
            decision: keep
            note: 412 calls a day, nothing outside the queue

        """
    }

    static var repository: [String: String] {
        [
            "README.md": "anything may lie about\t",
            "policy.yaml": policy,
            "people/maria.yaml": person("maria@acme.example", key: 1),
            "people/tom.yaml": person("tom@acme.example", key: 2),
            "people/ines.yaml": person("ines@acme.example", key: 3),
            "identity/corp.yaml": corp,
            "identity/legacy.yaml": legacy,
            "services/claude.yaml": claude,
            "services/tickets.yaml": tickets,
            "data/customer-id.yaml": "pattern: 'C-[0-9]{6}'\n",
            "grants/claude/triage-bot.yaml": triage,
            "grants/tickets/support/reader.yaml": reader,
            "attestations/2026-11-20-tom.yaml": sitting,
            "attestations/2026-11-20-tom.yaml.sig": "-----BEGIN SSH SIGNATURE-----\n",
            "denied/leaked-laptop.yaml": denied,
        ]
    }

    /// A well-formed key line whose key is one byte, repeated.
    static func ed25519(_ byte: UInt8) -> String {
        "ssh-ed25519 " + Base64.encode(wire("ssh-ed25519") + wire(Array(repeating: byte, count: 32)))
    }

    static func wire(_ text: String) -> [UInt8] { wire(Array(text.utf8)) }

    /// RFC 4251 section 5 `string`.
    static func wire(_ bytes: [UInt8]) -> [UInt8] {
        (0..<4).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) } + bytes
    }
}

func file(_ path: String, _ text: String) -> FileContent {
    FileContent(path: ByteString(path), bytes: Array(text.utf8))
}

func parse(_ path: String, _ text: String) -> ParsedDocument {
    ParsedDocument(path: DocumentPath(ByteString(path)), file: file(path, text))
}

/// `line:column code`, warnings with a `?` behind.
func findings(_ diagnostics: [Diagnostic]) -> [String] {
    diagnostics.map { "\($0.line):\($0.column) \($0.code)\($0.severity == .warning ? "?" : "")" }
}
