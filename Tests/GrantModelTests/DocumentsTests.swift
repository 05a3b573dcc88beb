import GrantModel
import Testing

@Suite("Documents of the grants repository")
struct DocumentsTests {
    @Test("the documents of the design are read without a word")
    func wholeRepository() {
        for (path, text) in Sample.repository {
            let parsed = parse(path, text)
            #expect(parsed.diagnostics == [], "\(path)")
        }
        #expect(Validation.diagnostics(of: Sample.repository.map { file($0.key, $0.value) }) == [])
    }

    @Test("a policy says what its file says")
    func policy() {
        let policy = Policy(
            name: "acme-access", version: 7, admins: ["tom", "ines"], protect: .merge,
            tiers: [
                "standard": Tier(
                    longest: .days(180), review: .days(90), reviewers: 1, stale: .hours(24), firstReview: .attestation),
                "critical": Tier(
                    longest: .days(30), review: .days(30), reviewers: 2, stale: .hours(1), firstReview: .attestation),
            ], remind: [.days(14), .days(7), .days(1)])
        #expect(parse("policy.yaml", Sample.policy).document == .policy(policy))
    }

    @Test("a grant says what its file says, a day covered to its end")
    func grant() {
        let grant = Grant(
            id: "claude/triage-bot", service: "claude",
            to: [
                CallerCondition(issuer: "corp", group: "support-agents", role: "triage"),
                CallerCondition(
                    issuer: "legacy", claims: ["repository": "acme/triage", "ref": "refs/heads/main"]),
            ],
            can: Scope(
                names: [
                    .models: [Pattern("claude-sonnet-4-5*"), Pattern("claude-haiku-4-5*")],
                    .serverTools: [Pattern("web_search")],
                ], maxTokens: 8192),
            see: ["email"], why: "Auto-triage inbound tickets, OPS-1412", by: "maria",
            until: Instant("2027-04-01T00:00Z"))
        #expect(parse("grants/claude/triage-bot.yaml", Sample.triage).document == .grant(grant))
    }

    @Test("a service says what its file says")
    func service() {
        let service = Service(
            name: "claude", kind: .anthropic,
            upstream: Service.Upstream(tls: true, host: "api.anthropic.com", port: 443), credential: "anthropic",
            prefix: "/claude", owners: ["tom"], tier: "standard",
            elevated: [
                Service.Elevation(tier: "critical", scope: [.models: [Pattern("claude-opus-*")]]),
                Service.Elevation(
                    tier: "critical", scope: [.serverTools: [Pattern("code_execution"), Pattern("web_fetch")]]),
                Service.Elevation(tier: "critical", scope: [:], see: ["payment_card"]),
            ], protects: ["email", "payment_card", "iban", "secret", "customer-id"])
        #expect(parse("services/claude.yaml", Sample.claude).document == .service(service))
        guard case .service(let tickets)? = parse("services/tickets.yaml", Sample.tickets).document else {
            Issue.record("no service")
            return
        }
        #expect(tickets.upstream == Service.Upstream(tls: false, host: "127.0.0.1", port: 8080, path: "/base"))
    }

    @Test("issuers of both kinds say what their files say")
    func issuers() {
        let corp = Issuer(
            name: "corp", issuer: "https://acme.okta.example", audience: ["grantctl"], algorithms: ["RS256", "ES256"],
            claims: ["groups": "groups", "roles": "roles", "email": "email"], longest: .hours(1),
            leeway: Span(seconds: 30), require: ["tenant": "acme"])
        #expect(parse("identity/corp.yaml", Sample.corp).document == .issuer(corp))
        let legacy = Issuer(
            name: "legacy", kind: .saml, issuer: "", audience: ["https://gateway.acme.example/saml"], algorithms: [],
            claims: ["groups": "memberOf", "roles": "role", "email": "mail"], longest: .hours(1),
            metadata: "https://idp.acme.example/metadata", recipient: "https://gateway.acme.example/token")
        #expect(parse("identity/legacy.yaml", Sample.legacy).document == .issuer(legacy))
    }

    @Test("a sitting, a denial and a data class say what their files say")
    func others() {
        let sitting = Attestation(
            repo: "acme-access", by: "tom", at: Instant("2026-11-20T14:03:00Z")!,
            decisions: [
                Attestation.Decision(
                    file: "grants/claude/triage-bot.yaml", sha256: Digest.sha256(of: Sample.triage.utf8),
                    verdict: .keep, note: "412 calls a day, nothing outside the queue")
            ])
        #expect(parse("attestations/2026/x.yaml", Sample.sitting).document == .attestation(sitting))
        let denial = Denial(
            name: "leaked-laptop", to: [CallerCondition(issuer: "corp")], grants: ["claude/triage-bot"],
            why: "Laptop stolen")
        #expect(parse("denied/leaked-laptop.yaml", Sample.denied).document == .denial(denial))
        let dataClass = DataClass(name: "customer-id", pattern: "C-[0-9]{6}")
        #expect(parse("data/customer-id.yaml", "pattern: 'C-[0-9]{6}'\n").document == .dataClass(dataClass))
    }

    @Test("prose may be a block, over several lines or quoted")
    func prose() {
        for (written, read) in [
            ("|\n  one\n  two\n", "one\ntwo"), (">-\n  one\n  two\n", "one two"), ("one\n  two\n", "one two"),
            (#""one\ntwo""# + "\n", "one\ntwo"), ("'it''s'\n", "it's"), ("größe ⚠️ 猫\n", "größe ⚠️ 猫"),
        ] {
            let parsed = parse("denied/x.yaml", "grants: [a/b]\nwhy: \(written)")
            guard case .denial(let denial)? = parsed.document else {
                Issue.record("\(written): \(parsed.diagnostics)")
                continue
            }
            #expect(denial.why == read)
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var path: String
        var text: String
        var findings: [String]
        var testDescription: String { "\(path): \(text.prefix(60))" }

        init(_ path: String, _ text: String, _ findings: String...) {
            self.path = path
            self.text = text
            self.findings = findings
        }
    }

    @Test("every rule of every document is reported with its place", arguments: Self.cases)
    func rules(_ example: Case) {
        let parsed = parse(example.path, example.text)
        #expect(findings(parsed.diagnostics) == example.findings, "\(parsed.diagnostics.map(\.text))")
        let broken = example.findings.contains { !$0.hasSuffix("?") }
        #expect((parsed.document == nil) == broken)
    }

    static let policyHead = "name: a\nversion: 1\nadmins: [tom]\n"
    static let tiers = "tiers: {std: {longest: 1d, review: 1d, reviewers: 1, stale: 1h}}\n"

    static let cases: [Case] = policyCases + personCases + issuerCases + serviceCases + grantCases + otherCases

    static let policyCases = [
        Case("policy.yaml", policyHead + tiers),
        Case("policy.yaml", "name: a\nversion: 1\nadmins: []\n" + tiers, "3:1 no-admins?"),
        Case("policy.yaml", "version: 1\n", "1:1 missing-field", "1:1 missing-field", "1:1 missing-field"),
        Case(
            "policy.yaml", "name: A\nversion: 07\nadmins: tom\n" + tiers, "1:7 bad-name", "2:10 bad-number",
            "3:9 wrong-type"),
        Case("policy.yaml", policyHead + "tiers: {}\n", "4:1 empty-mapping"),
        Case(
            "policy.yaml", policyHead + "tiers: {Std: {longest: 1d}}\n",
            "4:9 bad-name", "4:14 missing-field", "4:14 missing-field", "4:14 missing-field"),
        Case(
            "policy.yaml", policyHead + "tiers: {std: {longest: 3651d, review: 0d, reviewers: 0, stale: 1w}}\n",
            "4:24 bad-span", "4:39 bad-span", "4:54 bad-number", "4:64 bad-span"),
        Case(
            "policy.yaml",
            policyHead + "tiers: {std: {longest: 01d, review: d, reviewers: 1, stale: 1h, first_review: marge}}\n",
            "4:24 bad-span", "4:37 bad-span", "4:79 unknown-value"),
        Case("policy.yaml", policyHead + tiers + "protect: attestation\nprotect_reviewers: 2\nsigned_within: 3d\n"),
        Case(
            "policy.yaml", policyHead + tiers + "protect: none\nremind: [1d, x]\nversoin: 2\n",
            "5:10 unknown-value", "6:14 bad-span", "7:1 unknown-field"),
    ]

    static let fingerprint = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"

    static let personCases = [
        Case("people/x.yaml", "email: a@b\n"),
        Case("people/x.yaml", "email: maria\n", "1:8 bad-email"),
        Case("people/x.yaml", "email: '*@b'\n", "1:8 bad-email"),
        Case("people/x.yaml", "keys: [\(Sample.ed25519(1)) a b c]\n"),
        Case("people/x.yaml", "keys:\n  - \(Sample.ed25519(1))\n"),
        Case("people/x.yaml", "keys: [restrict \(Sample.ed25519(1))]\n", "1:8 bad-public-key"),
        Case("people/x.yaml", "keys: [ssh-ed25519]\n", "1:8 bad-public-key"),
        Case("people/x.yaml", "keys: [ssh-dss AAAA]\n", "1:8 bad-public-key"),
        Case("people/x.yaml", "keys: [ssh-ed25519 AAAAC3Nz…]\n", "1:8 bad-public-key"),
        Case(
            "people/x.yaml", "keys: [\(Sample.ed25519(1).replacing("ssh-ed25519", with: "ssh-rsa"))]\n",
            "1:8 bad-public-key"),
        Case("people/x.yaml", "keys: [\(Sample.ed25519(1)), \(Sample.ed25519(1)) again]\n", "1:1 duplicate-key-line"),
        Case("people/x.yaml", "retired: [\(fingerprint) 2026-09-01, \(fingerprint) compromised since 2026-08-12]\n"),
        Case("people/x.yaml", "retired: [\(fingerprint)]\n", "1:11 bad-retirement"),
        Case("people/x.yaml", "retired: [\(fingerprint)  2026-09-01]\n", "1:11 bad-retirement"),
        Case("people/x.yaml", "retired: [\(fingerprint) compromised 2026-09-01]\n", "1:11 bad-retirement"),
        Case("people/x.yaml", "retired: [\(fingerprint) 2026-09-31]\n", "1:11 bad-retirement"),
        Case("people/x.yaml", "retired: [\(fingerprint)= 2026-09-01]\n", "1:11 bad-retirement"),
        Case("people/x.yaml", "identities: [{issuer: corp}]\n", "1:14 missing-field"),
        Case("people/x.yaml", "identities: [{issuer: corp, sub: }]\n", "1:29 empty-value"),
        Case("people/x.yaml", "identities: [{issuer: corp, sbu: x}]\n", "1:14 missing-field", "1:29 unknown-field"),
    ]

    static let oidc = "kind: oidc\nissuer: https://i.example\naudience: [a]\nlongest: 1h\n"

    static let issuerCases = [
        Case("identity/x.yaml", oidc + "algorithms: [RS256, PS512, ES384, EdDSA]\n"),
        Case("identity/x.yaml", oidc + "algorithms: [none]\n", "5:14 unknown-value"),
        Case("identity/x.yaml", oidc + "algorithms: [HS256]\n", "5:14 unknown-value"),
        Case("identity/x.yaml", oidc + "algorithms: []\n", "5:13 empty-list"),
        Case("identity/x.yaml", oidc, "1:1 missing-field"),
        Case(
            "identity/x.yaml", "kind: oidc\n", "1:1 missing-field", "1:1 missing-field", "1:1 missing-field",
            "1:1 missing-field"),
        Case("identity/x.yaml", oidc + "algorithms: [RS256]\nleeway: 2m\n"),
        Case("identity/x.yaml", oidc + "algorithms: [RS256]\nleeway: 121s\n", "6:9 bad-span"),
        Case("identity/x.yaml", oidc + "algorithms: [RS256]\nmetadata: https://x.example\n", "6:1 unknown-field"),
        Case("identity/x.yaml", oidc + "algorithms: [RS256]\nca: nope\n", "6:5 bad-certificate"),
        Case(
            "identity/x.yaml",
            oidc + "algorithms: [RS256]\nca: |\n  -----BEGIN CERTIFICATE-----\n  MAA=\n  -----END CERTIFICATE-----\n"),
        Case(
            "identity/x.yaml",
            "kind: oidc\nissuer: http://i.example\naudience: [a]\nlongest: 1h\nalgorithms: [RS256]\n", "2:9 plain-http?"
        ),
        Case(
            "identity/x.yaml", "kind: oidc\nissuer: i.example\naudience: [a]\nlongest: 1h\nalgorithms: [RS256]\n",
            "2:9 bad-url"),
        Case("identity/x.yaml", "kind: ldap\nissuer: x\nbase: y\n", "1:7 unknown-value", "3:1 unknown-field"),
        Case("identity/x.yaml", "issuer: https://i.example\n", "1:1 missing-field"),
        Case(
            "identity/x.yaml",
            "kind: saml\nmetadata: x.xml\naudience: [a]\nrecipient: https://g.example/token\nlongest: 1h\n"),
        Case(
            "identity/x.yaml",
            "kind: saml\nmetadata: ../x.xml\naudience: [a]\nrecipient: https://g.example/token\nlongest: 1h\nalgorithms: [RS256]\n",
            "2:11 bad-metadata", "6:1 unknown-field"),
        Case("identity/x.yaml", oidc + "algorithms: [RS256]\nkeys: https://i.example/k\nexchange: {longest: 12h}\n"),
        Case("identity/x.yaml", oidc + "algorithms: [RS256]\nexchange: {}\n", "6:11 missing-field"),
        Case("identity/x.yaml", trustDomain("acme.example") + "keys: https://i.example/k\n"),
        Case("identity/x.yaml", trustDomain("acme.example"), "1:1 missing-field"),
        Case("identity/x.yaml", trustDomain("Acme/x") + "keys: https://i.example/k\n", "2:9 bad-trust-domain"),
        Case("identity/x.yaml", trustDomain("") + "keys: https://i.example/k\n", "2:9 bad-trust-domain"),
        Case("identity/x.yaml", "kind: mtls\n", "1:1 missing-field"),
        Case("identity/x.yaml", mtls),
        Case("identity/x.yaml", mtls + "sub: spiffe\nlongest: 24h\nrequire: {trust_domain: acme.example}\n"),
        Case("identity/x.yaml", mtls + "sub: name\n", "6:6 unknown-value"),
        Case("identity/x.yaml", mtls + "audience: [x]\n", "6:1 unknown-field"),
        Case("identity/x.xml", "<EntityDescriptor/>"),
        Case("identity/x.xml", "", "0:0 bad-metadata"), Case("identity/x.xml", "kind: oidc\n", "0:0 bad-metadata"),
        Case("identity/x.xml", "<!DOCTYPE x><EntityDescriptor/>", "0:0 bad-metadata"),
        Case("identity/x.xml", "<x/>", "0:0 bad-metadata"),
    ]

    static func trustDomain(_ name: String) -> String {
        "kind: oidc\nissuer: spiffe://\(name)\naudience: [a]\nlongest: 1h\nalgorithms: [ES256]\n"
    }

    static let mtls =
        "kind: mtls\nca: |\n  -----BEGIN CERTIFICATE-----\n  MAA=\n  -----END CERTIFICATE-----\n"

    static func http(_ more: String = "", upstream: String = "https://u.example", prefix: String = "/x") -> String {
        "kind: http\nupstream: \(upstream)\nprefix: \(prefix)\nowners: [tom]\ntier: std\n\(more)"
    }

    static let serviceCases: [Case] =
        [
            Case("services/x.yaml", http()),
            Case(
                "services/x.yaml", "{}\n", "1:1 missing-field", "1:1 missing-field", "1:1 missing-field",
                "1:1 missing-field", "1:1 missing-field"),
            Case("services/x.yaml", http().replacing("[tom]", with: "[]"), "4:1 no-owners?"),
            Case("services/x.yaml", http().replacing("http\n", with: "mcp\n"), "1:1 unsupported-kind"),
            Case("services/x.yaml", http().replacing("http\n", with: "htpp\n"), "1:7 unknown-value"),
            Case("services/x.yaml", http(upstream: "http://u.example"), "2:11 plain-http?"),
            Case("services/x.yaml", http(upstream: "http://[::1]:1/a")),
            Case("services/x.yaml", http(upstream: "http://localhost")),
            Case(
                "services/x.yaml",
                http("unknown_fields: record\npass_fields: [a]\nmode: observe\nrecords: {bodies: none}\n")),
            Case(
                "services/x.yaml", http("unknown_fields: alow\nmode: off\nrecords: {bodies: all, kepp: 1d}\n"),
                "6:17 unknown-value", "7:7 unknown-value", "8:19 unknown-value", "8:24 unknown-field"),
            Case("services/x.yaml", http("elevated: [{tier: std}]\n"), "6:12 missing-condition"),
            Case("services/x.yaml", http("elevated: [{see: [email]}]\n"), "6:12 missing-field"),
            Case("services/x.yaml", http("elevated: [{tier: std, models: ['*']}]\n"), "6:24 scope-kind"),
            Case(
                "services/x.yaml", http("elevated: [{tier: std, see: [email], geo: [eu]}]\n"), "6:38 scope-kind"),
            Case("services/x.yaml", http("protects: [e_mail, Email]\n"), "6:20 bad-name"),
        ]
        + [
            "u.example", "ftp://u.example", "https://", "https://u.example?x=1", "https://u.example/#f",
            "https://me@u.example", "https://u.example:0", "https://u.example:65536", "https://u.example:",
            "https://u..example", "https://-u.example", "https://u.example/a//b", "https://u.example/../b",
            "https://u.example/a%2fb", "https://[::1", "https://[::1]x", "https://u_ü.example", "HTTPS://u.example",
        ].map { Case("services/x.yaml", http(upstream: "'\($0)'"), "2:11 bad-url") }
        + ["/", "x", "/x/", "//x", "/x//y", "/./x", "/../x", "/x%20y", "/x;y", "/x*", "/ü", "/token", "/a b"]
        .map { Case("services/x.yaml", http(prefix: "'\($0)'"), "3:9 bad-prefix") }
        + ["/a/b", "/A.b_~-9", "/token/x"].map { Case("services/x.yaml", http(prefix: $0)) }

    static func grant(
        to: String = "[{issuer: corp, sub: x}]", can: String = "{models: [claude-*]}", _ more: String = ""
    ) -> String {
        "to: \(to)\ncan: \(can)\nwhy: because\nby: maria\n\(more)"
    }

    static let grantCases: [Case] =
        [
            Case("grants/a/b.yaml", grant()),
            Case(
                "grants/a/b.yaml", "{}\n", "1:1 missing-field", "1:1 missing-field", "1:1 missing-field",
                "1:1 missing-field"),
            Case("grants/a/b.yaml", grant(to: "[]"), "1:5 empty-list"),
            Case("grants/a/b.yaml", grant(to: "{issuer: corp, sub: x}"), "1:5 wrong-type"),
            Case("grants/a/b.yaml", grant(to: "[{issuer: corp}]"), "1:6 missing-condition"),
            Case("grants/a/b.yaml", grant(to: "[{issuer: corp, claims: {}}]"), "1:21 empty-mapping"),
            Case("grants/a/b.yaml", grant(to: "[{group: x}]"), "1:6 missing-field"),
            Case("grants/a/b.yaml", grant(to: "[{issuer: corp, sub: 'x*'}]"), "1:26 wildcard"),
            Case("grants/a/b.yaml", grant(to: "[{issuer: corp, claims: {a: '*'}}]"), "1:33 wildcard"),
            Case("grants/a/b.yaml", grant(to: "[{issuer: corp, group: ''}]"), "1:28 empty-value"),
            Case(
                "grants/a/b.yaml", grant(to: "[{issuer: corp, user: x}]"), "1:6 missing-condition", "1:21 unknown-field"
            ),
            Case("grants/a/b.yaml", grant(to: "[{issuer: corp, email: [a]}]"), "1:28 wrong-type"),
            Case("grants/a/b.yaml", grant(can: "{}"), "2:6 missing-field"),
            Case("grants/a/b.yaml", grant(can: "{models: []}"), "2:7 empty-list"),
            Case("grants/a/b.yaml", grant(can: "{models: claude}"), "2:15 wrong-type"),
            Case(
                "grants/a/b.yaml",
                grant(can: "{models: ['*'], tools: [], client_tools: [bash], operations: [messages, 'count_*']}")),
            Case(
                "grants/a/b.yaml", grant(can: "{models: ['a?', 'a[b', 'a]', '{a', 'a}']}"),
                "2:16 bad-pattern", "2:22 bad-pattern", "2:29 bad-pattern", "2:35 bad-pattern", "2:41 bad-pattern"),
            Case("grants/a/b.yaml", grant(can: "{models: [a], operations: [mesages]}"), "2:33 unknown-operation"),
            Case(
                "grants/a/b.yaml", grant(can: "{models: [a], server_tools: [web_serch]}"), "2:35 unknown-server-tool?"),
            Case("grants/a/b.yaml", grant(can: "{models: [a], client_tools: [browzer]}"), "2:35 unknown-client-tool?"),
            Case("grants/a/b.yaml", grant(can: "{models: [a], max_tokens: 0}"), "2:32 bad-number"),
            Case("grants/a/b.yaml", grant(can: "{models: [a], max_tokens: 8_192}"), "2:32 bad-number"),
            Case("grants/a/b.yaml", grant(can: "{models: [a], max_tokens: 1e3}"), "2:32 bad-number"),
            Case("grants/a/b.yaml", grant(can: "{models: [a], model: b}"), "2:20 unknown-field"),
            Case("grants/a/b.yaml", grant(can: "{routes: []}"), "2:15 empty-list"),
            Case("grants/a/b.yaml", grant("see: [email, customer-id]\nbeyond: pause\nuntil: 2027-03-31T10:00:30Z\n")),
            Case(
                "grants/a/b.yaml", grant("beyond: alow\nuntil: tomorrow\nsee: email\n"), "5:9 unknown-value",
                "6:8 bad-instant", "7:6 wrong-type"),
            Case("grants/a/b.yaml", grant("by2: x\n"), "5:1 unknown-field"),
            Case("grants/a/b.yaml", grant().replacing("because", with: "' '"), "3:6 empty-value"),
            Case("grants/a/b.yaml", grant().replacing("maria", with: ""), "4:1 empty-value"),
            Case("grants/a/b.yaml", grant().replacing("maria", with: "no")),
        ]
        + ["resources", "prompts"].map {
            Case("grants/a/b.yaml", grant(can: "{models: [a], \($0): [x]}"), "2:20 unsupported-field")
        }
        + ["GET /", "GET /v1/tickets/**", "* /a/*/b", "POST /a/", "GET /a%20b"].map {
            Case("grants/a/b.yaml", grant(can: "{routes: ['\($0)']}"))
        }
        + [
            "GET", "/a", "get /a", "GET  /a", "GET a", "GET /a?b", "GET //a", "GET /a/../b", "GET /a/./b", "GET /a;b",
            "GET /a#b", "GET /a\\b", "GET /***", "GET /a b", "GET /[a]", "G* /a",
        ].map { Case("grants/a/b.yaml", grant(can: "{routes: ['\($0)']}"), "2:16 bad-route") }
        + [
            "2026-02-29", "2019-12-31", "2101-01-01", "2026-1-1", "2026-11-20T14:03", "2026-11-20T14:03+00:00",
            "2026-11-20T24:00Z", "2026-11-20T14:60Z", "2026-11-20T14:03:60Z", "2026-11-20t14:03Z", "2026-11-20 14:03Z",
            "2026-11-20T14:03:00.5Z", "2026-13-01", "2026-00-01", "2026-01-00",
        ].map { Case("grants/a/b.yaml", grant("until: \($0)\n"), "5:8 bad-instant") }
        + ["2028-02-29", "2100-12-31", "2020-01-01T00:00Z", "2100-12-31T23:59:59Z"].map {
            Case("grants/a/b.yaml", grant("until: \($0)\n"))
        }

    static func sitting(_ decision: String, at: String = "2026-11-20T14:03Z") -> String {
        "repo: a\nby: tom\nat: \(at)\ndecisions: [\(decision)]\n"
    }

    static let hex = String(repeating: "0f", count: 32)

    static let otherCases: [Case] = [
        Case("attestations/x.yaml", sitting("{file: anything at all, sha256: \(hex), decision: revoke}")),
        Case("attestations/x.yaml", sitting(""), "4:12 empty-list"),
        Case("attestations/x.yaml", sitting("{file: a, sha256: \(hex), decision: kepp}"), "4:107 unknown-value"),
        Case(
            "attestations/x.yaml", sitting("{file: a, sha256: \(hex.uppercased()), decision: keep}"), "4:31 bad-digest"),
        Case("attestations/x.yaml", sitting("{file: a, sha256: \(hex.dropLast()), decision: keep}"), "4:31 bad-digest"),
        Case("attestations/x.yaml", sitting("{sha256: \(hex)}"), "4:13 missing-field", "4:13 missing-field"),
        Case(
            "attestations/x.yaml", sitting("{file: a, sha256: \(hex), decision: keep}", at: "2026-11-20"),
            "3:5 bad-instant"),
        Case("attestations/x.yaml", "by: tom\n", "1:1 missing-field", "1:1 missing-field", "1:1 missing-field"),
        Case("denied/x.yaml", "grants: [a/b]\nwhy: x\n"),
        Case("denied/x.yaml", "to: [{issuer: corp, email: a@b}]\nwhy: x\n"),
        Case("denied/x.yaml", "why: x\n", "1:1 missing-field"),
        Case("denied/x.yaml", "grants: [a/b]\n", "1:1 missing-field"),
        Case(
            "denied/x.yaml", "grants: [a, a/b.yaml, grants/a/b/c/d]\nwhy: x\n", "1:10 bad-grant-id",
            "1:13 bad-grant-id", "1:23 bad-grant-id"),
        Case("denied/x.yaml", "to: [{issuer: corp, sub: 'a*'}]\nwhy: x\n", "1:26 wildcard"),
        Case("data/x.yaml", "fields: [customer]\n"),
        Case("data/x.yaml", "{}\n", "1:1 missing-field"),
        Case("data/email.yaml", "fields: [customer]\n", "0:0 built-in-class"),
        Case("people/Maria.yaml", "", "0:0 misplaced-file"),
    ]
}
