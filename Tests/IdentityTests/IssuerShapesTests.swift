import Demo
import Foundation
import GrantModel
import Identity
import TestSupport
import Testing

/// Tokens shaped as real issuers shape them, against the settings that their pages in `examples/identity` give.
struct IssuerShapesTests {
    /// One issuer's token, and what it becomes.
    struct Shape: Sendable, CustomTestStringConvertible {
        var page: String
        var file: String
        var algorithm = DemoIssuerKey.Algorithm.rs256
        /// Beside `alg` and `kid`.
        var header: [String: DemoIssuerJSON] = ["typ": "JWT"]
        /// What its key set says of a key beside `kty`, `kid` and the key itself; `alg` and `use` are not there otherwise.
        var key: [String: DemoIssuerJSON] = ["use": "sig", "alg": "RS256"]
        /// JSON; NOW+n and NOW-n are times.
        var claims: String
        var subject: ByteString
        var email: ByteString?
        var groups: [ByteString] = []
        var roles: [ByteString] = []
        /// Some of those a grant can name.
        var named: [ByteString: ByteString] = [:]

        var testDescription: String { file }
    }

    static let shapes: [Shape] = [
        // https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/#access-token
        Shape(
            page: "okta.md", file: "identity/okta.yaml", header: [:],
            claims: """
                {"ver":1,"jti":"AT.9Zq-0","iss":"https://acme.okta.com/oauth2/default","aud":"grantctl","iat":NOW,
                "exp":NOW+3600,"cid":"0oa1b2c3d4","uid":"00uk1u7AsAk6dZL3z0g3","scp":["openid","profile"],
                "auth_time":NOW-20,"sub":"maria@acme.example","groups":["agents-support","agents-oncall"]}
                """, subject: "maria@acme.example", email: "maria@acme.example",
            groups: ["agents-support", "agents-oncall"], named: ["cid": "0oa1b2c3d4", "uid": "00uk1u7AsAk6dZL3z0g3"]),
        // https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
        Shape(
            page: "entra-id.md", file: "identity/entra.yaml",
            key: ["use": "sig", "x5t": "c2ln", "x5c": ["MIIC"], "cloud_instance_name": "microsoftonline.com"],
            claims: """
                {"aud":"6e74172b-be56-4843-9ff4-e66a39bb12e3",
                "iss":"https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
                "iat":NOW-300,"nbf":NOW-300,"exp":NOW+5100,"acrs":["urn:user:registersecurityinfo"],"aio":"AXQAi/8TAAAA",
                "azp":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","azpacr":"0","groups":["1f4f8d7c-0000-4000-8000-000000000001"],
                "name":"Maria Lopez","oid":"00000000-0000-0000-66f3-3332eca7ea81","preferred_username":"maria@acme.example",
                "rh":"0.ARoAv4j5cvGGr0GRqy180BHbR","roles":["triage"],"scp":"access","sid":"8c9ba15a",
                "sub":"AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ","tid":"9188040d-6c67-4c5b-b112-36a304b66dad",
                "uti":"fqiBqXLPj0eQa82S-IYFAA","ver":"2.0","wids":["b79fbf4d-3ef9-4689-8143-76b194e85509"],
                "xms_ftd":"x","xms_idrel":"1 24"}
                """, subject: "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", email: "maria@acme.example",
            groups: ["1f4f8d7c-0000-4000-8000-000000000001"], roles: ["triage"],
            named: ["oid": "00000000-0000-0000-66f3-3332eca7ea81", "ver": "2.0"]),
        // https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload
        Shape(
            page: "google.md", file: "identity/google.yaml",
            claims: """
                {"iss":"https://accounts.google.com","azp":"407408718192-acme.apps.googleusercontent.com",
                "aud":"407408718192-acme.apps.googleusercontent.com","sub":"110169484474386276334","hd":"acme.example",
                "email":"lin@acme.example","email_verified":true,"at_hash":"HK6E_P6Dh8Y93mRNtsDB1Q","name":"Lin Wu",
                "picture":"https://lh3.googleusercontent.com/a/x=s96-c","given_name":"Lin","family_name":"Wu",
                "iat":NOW,"exp":NOW+3600}
                """, subject: "110169484474386276334", email: "lin@acme.example", named: ["hd": "acme.example"]),
        // https://cloud.google.com/compute/docs/instances/verifying-instance-identity
        Shape(
            page: "google.md", file: "identity/google-workloads.yaml",
            claims: """
                {"aud":"grantctl","azp":"106898110322423333333","email":"triage@acme-prod.iam.gserviceaccount.com",
                "email_verified":true,"exp":NOW+3600,"google":{"compute_engine":{"instance_creation_timestamp":1792000000,
                "instance_id":"152986662232938449","instance_name":"triage-1","project_id":"acme-prod",
                "project_number":739419398126,"zone":"us-west1-a"}},"iat":NOW,"iss":"https://accounts.google.com",
                "sub":"106898110322423333333"}
                """, subject: "106898110322423333333", email: "triage@acme-prod.iam.gserviceaccount.com",
            named: [
                "google.compute_engine.project_id": "acme-prod",
                "google.compute_engine.project_number": "739419398126",
            ]),
        Shape(
            page: "keycloak.md", file: "identity/keycloak.yaml", algorithm: .es256,
            key: ["use": "sig", "alg": "ES256"],
            claims: """
                {"exp":NOW+300,"iat":NOW,"auth_time":NOW-5,"jti":"onrtac:7d0c","iss":"https://sso.acme.example/realms/acme",
                "aud":["grantctl","account"],"sub":"f3b1a2c4-5d6e","typ":"Bearer","azp":"grantctl-cli","sid":"e0e0",
                "acr":"1","allowed-origins":["/*"],
                "realm_access":{"roles":["offline_access","triage","uma_authorization"]},
                "resource_access":{"account":{"roles":["manage-account","view-profile"]}},"scope":"openid email profile",
                "email_verified":true,"groups":["support"],"name":"Maria Lopez","preferred_username":"maria",
                "given_name":"Maria","family_name":"Lopez","email":"maria@acme.example"}
                """, subject: "f3b1a2c4-5d6e", email: "maria@acme.example", groups: ["support"],
            roles: ["offline_access", "triage", "uma_authorization"], named: ["azp": "grantctl-cli"]),
        // https://docs.github.com/en/actions/reference/security/oidc
        Shape(
            page: "github-actions.md", file: "identity/github.yaml",
            header: ["typ": "JWT", "x5t": "ykNaY4qM_ta4k2TgZOCEYLkcYlA"],
            key: ["use": "sig", "alg": "RS256", "x5t": "ykNaY4qM_ta4k2TgZOCEYLkcYlA", "x5c": ["MIIC"]],
            claims: """
                {"jti":"35fe-1","sub":"repo:acme/triage:ref:refs/heads/main","aud":"grantctl","ref":"refs/heads/main",
                "sha":"2a8a","repository":"acme/triage","repository_owner":"acme","repository_owner_id":"1234567",
                "run_id":"1904","run_number":"42","run_attempt":"1","repository_visibility":"private",
                "repository_id":"3456","actor_id":"12","actor":"maria","workflow":"triage","head_ref":"","base_ref":"",
                "event_name":"schedule","ref_protected":"true","ref_type":"branch",
                "workflow_ref":"acme/triage/.github/workflows/triage.yaml@refs/heads/main","workflow_sha":"2a8a",
                "job_workflow_ref":"acme/triage/.github/workflows/triage.yaml@refs/heads/main","job_workflow_sha":"2a8a",
                "runner_environment":"github-hosted","enterprise_id":"9","iss":"https://token.actions.githubusercontent.com",
                "nbf":NOW-600,"exp":NOW+300,"iat":NOW}
                """, subject: "repo:acme/triage:ref:refs/heads/main",
            named: ["repository": "acme/triage", "ref": "refs/heads/main", "ref_protected": "true"]),
        // https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
        Shape(
            page: "gitlab-ci.md", file: "identity/gitlab.yaml", key: ["use": "sig", "alg": "RS256"],
            claims: """
                {"namespace_id":"72","namespace_path":"acme","project_id":"20","project_path":"acme/triage","user_id":"1",
                "user_login":"maria","user_email":"maria@acme.example","user_access_level":"developer",
                "user_identities":[{"provider":"github","extern_uid":"2435223452345"}],"pipeline_id":"574",
                "pipeline_source":"schedule","job_id":"302","ref":"main","ref_type":"branch","ref_path":"refs/heads/main",
                "ref_protected":"true","groups_direct":["acme/support","acme/oncall"],"runner_id":1,
                "runner_environment":"self-hosted","sha":"714a","project_visibility":"private",
                "ci_config_ref_uri":"gitlab.com/acme/triage//.gitlab-ci.yml@refs/heads/main","ci_config_sha":"714a",
                "jti":"235b3a54","iss":"https://gitlab.com","iat":NOW,"nbf":NOW-5,"exp":NOW+3600,
                "sub":"project_path:acme/triage:ref_type:branch:ref:main","aud":"grantctl"}
                """, subject: "project_path:acme/triage:ref_type:branch:ref:main", email: "maria@acme.example",
            groups: ["acme/support", "acme/oncall"], named: ["project_path": "acme/triage", "runner_id": "1"]),
        // https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims
        Shape(
            page: "kubernetes.md", file: "identity/cluster.yaml", header: [:],
            claims: """
                {"aud":["grantctl"],"exp":NOW+3600,"iat":NOW,"iss":"https://kubernetes.default.svc.cluster.local",
                "jti":"ea28ed49-2e11-4280-9ec5-bc3d1d84661a","kubernetes.io":{"namespace":"agents","node":{"name":"n1",
                "uid":"5ae6"},"pod":{"name":"triage-69cbfb9798-jv9gn","uid":"778a"},"serviceaccount":{"name":"triage-bot",
                "uid":"14ee"},"warnafter":NOW+3000},"nbf":NOW,"sub":"system:serviceaccount:agents:triage-bot"}
                """, subject: "system:serviceaccount:agents:triage-bot", groups: ["agents"], roles: ["triage-bot"],
            named: [
                "kubernetes.io.namespace": "agents", "kubernetes.io.pod.name": "triage-69cbfb9798-jv9gn",
                "kubernetes.io.serviceaccount.uid": "14ee",
            ]),
        Shape(
            page: "kubernetes.md", file: "identity/cluster-outside.yaml", algorithm: .es256, header: [:],
            key: ["use": "sig", "alg": "ES256"],
            claims: """
                {"aud":["grantctl-outside","https://kubernetes.default.svc.cluster.local"],"exp":NOW+600,"iat":NOW,
                "iss":"https://kubernetes.default.svc.cluster.local","kubernetes.io":{"namespace":"agents",
                "serviceaccount":{"name":"triage-bot","uid":"14ee"}},"nbf":NOW,
                "sub":"system:serviceaccount:agents:triage-bot"}
                """, subject: "system:serviceaccount:agents:triage-bot",
            named: ["kubernetes.io.serviceaccount.name": "triage-bot"]),
        // https://github.com/spiffe/spiffe/blob/main/standards/JWT-SVID.md
        Shape(
            page: "spiffe.md", file: "identity/mesh.yaml", algorithm: .es256, key: ["use": "jwt-svid"],
            claims: """
                {"aud":["grantctl"],"exp":NOW+300,"iat":NOW,"sub":"spiffe://acme.example/ns/agents/sa/triage-bot"}
                """, subject: "spiffe://acme.example/ns/agents/sa/triage-bot"),
        Shape(
            page: "spiffe.md", file: "identity/mesh.yaml", algorithm: .es256, header: ["typ": "JOSE"],
            key: ["use": "jwt-svid"],
            claims: """
                {"aud":"grantctl","exp":NOW+300,"iat":NOW,"sub":"spiffe://acme.example/triage"}
                """, subject: "spiffe://acme.example/triage"),
        Shape(
            page: "spiffe.md", file: "identity/mesh-with-issuer.yaml", algorithm: .es256, key: [:],
            claims: """
                {"aud":["grantctl-issuer"],"exp":NOW+300,"iat":NOW,"iss":"https://oidc.spire.acme.example",
                "sub":"spiffe://acme.example/triage"}
                """, subject: "spiffe://acme.example/triage"),
    ]

    @Test("a token as its issuer shapes it becomes the caller its page promises", arguments: shapes)
    func accepted(_ shape: Shape) async throws {
        let setting = try await Setting(shape)
        let caller = try await setting.verifier.verify(try setting.token()).get()
        #expect(caller.issuer == setting.issuer.name)
        #expect(caller.subject == shape.subject)
        #expect(caller.email == shape.email)
        #expect(caller.groups == shape.groups)
        #expect(caller.roles == shape.roles)
        for (name, value) in shape.named {
            #expect(caller.claims[name] == value, "\(name)")
        }
        await setting.server.stop()
    }

    /// What makes each of them dangerous, and the reason that is recorded.
    static let spoiled: [(file: String, from: String, to: String, reason: String)] = [
        ("identity/okta.yaml", #""aud":"grantctl""#, #""aud":"api://default""#, "wrong-audience"),
        // A token of the org authorization server.
        ("identity/okta.yaml", "okta.com/oauth2/default", "okta.com", "unknown-issuer"),
        // Another tenant; and the first version of tokens.
        ("identity/entra.yaml", #""tid":"9188040d"#, #""tid":"0000000"#, "required-claim"),
        (
            "identity/entra.yaml", "https://login.microsoftonline.com/9188040d", "https://sts.windows.net/9188040d",
            "unknown-issuer"
        ),
        (
            "identity/entra.yaml", #""groups":["1f4f8d7c-0000-4000-8000-000000000001"]"#,
            #""_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.microsoft.com/x"}}"#,
            "groups-overage"
        ),
        (
            "identity/entra.yaml", #""groups":["1f4f8d7c-0000-4000-8000-000000000001"]"#, #""hasgroups":true"#,
            "groups-overage"
        ),
        (
            "identity/entra.yaml", #""groups":["1f4f8d7c-0000-4000-8000-000000000001"]"#, #""hasgroups":"true""#,
            "groups-overage"
        ),
        (
            "identity/entra.yaml", #""groups":["1f4f8d7c-0000-4000-8000-000000000001"]"#, #""groups:src1":"https://x""#,
            "groups-overage"
        ),
        // A private account, and another company's Workspace.
        ("identity/google.yaml", #""hd":"acme.example","#, "", "required-claim"),
        ("identity/google.yaml", #""hd":"acme.example""#, #""hd":"evil.example""#, "required-claim"),
        ("identity/keycloak.yaml", #"["grantctl","account"]"#, #""account""#, "wrong-audience"),
        (
            "identity/github.yaml", #""repository_owner_id":"1234567""#, #""repository_owner_id":"666""#,
            "required-claim"
        ),
        // A number is not the text of the same digits where somebody compares loosely; here both spell the same.
        ("identity/gitlab.yaml", #""namespace_id":"72""#, #""namespace_id":"720""#, "required-claim"),
        (
            "identity/cluster.yaml", #"["grantctl"]"#, #"["https://kubernetes.default.svc.cluster.local"]"#,
            "wrong-audience"
        ),
        ("identity/cluster.yaml", #""exp":NOW+3600,"#, "", "expiry-missing"),
        ("identity/cluster.yaml", #""exp":NOW+3600"#, #""exp":NOW+31536000"#, "lives-too-long"),
        ("identity/mesh.yaml", "spiffe://acme.example/ns", "spiffe://evil.example/ns", "unknown-issuer"),
        ("identity/mesh.yaml", "spiffe://acme.example/ns", "spiffe://acme.example.evil.example/ns", "unknown-issuer"),
        (
            "identity/mesh.yaml", "spiffe://acme.example/ns/agents/sa/triage-bot", "spiffe://acme.example",
            "subject-missing"
        ),
        (
            "identity/mesh.yaml", "spiffe://acme.example/ns/agents/sa/triage-bot\"",
            "spiffe://evil.example/x\",\"iss\":\"spiffe://acme.example\"", "subject-missing"
        ),
        ("identity/mesh.yaml", #""aud":["grantctl"]"#, #""aud":["other"]"#, "wrong-audience"),
    ]

    @Test(
        "a token that its issuer gives to somebody else, or for something else, is refused", arguments: spoiled.indices)
    func refused(_ index: Int) async throws {
        let row = Self.spoiled[index]
        var shape = try #require(Self.shapes.first { $0.file == row.file })
        #expect(shape.claims.contains(row.from))
        shape.claims = shape.claims.replacingOccurrences(of: row.from, with: row.to)
        let setting = try await Setting(shape)
        #expect(await setting.verifier.reason(try setting.token()) == row.reason)
        await setting.server.stop()
    }

    @Test("the text for too many groups says what to configure, and nothing of the token")
    func overageText() async throws {
        var shape = try #require(Self.shapes.first { $0.page == "entra-id.md" })
        shape.claims = shape.claims.replacingOccurrences(of: #""groups":["#, with: #""hasgroups":true,"x":["#)
        let setting = try await Setting(shape)
        guard case .failure(let refusal) = await setting.verifier.verify(try setting.token()) else {
            Issue.record("accepted")
            return
        }
        #expect(
            refusal.text
                == "the token leaves its groups out because they are too many: have the identity provider send only "
                + "the groups assigned to this application, or use application roles")
        await setting.server.stop()
    }

    @Test("only a trust domain's tokens may be of type JOSE, and only its bundle's keys for tokens count")
    func trustDomain() async throws {
        var shape = try #require(Self.shapes.first { $0.file == "identity/mesh.yaml" })
        shape.key = ["use": "x509-svid"]
        let certificates = try await Setting(shape)
        #expect(await certificates.verifier.reason(try certificates.token()) == "unknown-key")
        await certificates.server.stop()
        var okta = try #require(Self.shapes.first { $0.page == "okta.md" })
        okta.header = ["typ": "JOSE"]
        let other = try await Setting(okta)
        #expect(await other.verifier.reason(try other.token()) == "wrong-token-type")
        await other.server.stop()
    }

    @Test("keys at a configured address are fetched from there, and discovery is not asked")
    func configuredKeys() async throws {
        let setting = try await Setting(try #require(Self.shapes.first))
        #expect(await setting.verifier.reason(try setting.token()) == "accepted")
        #expect(setting.server.script.discoveryRequests == 0)
        #expect(setting.server.script.keyRequests == 1)
        await setting.server.stop()
    }

    static let pages = (try? ExamplePage.all(in: "identity")) ?? []

    @Test("there is a page for each provider")
    func allPages() {
        #expect(
            Set(Self.pages.map(\.name)).isSuperset(of: [
                "okta.md", "entra-id.md", "google.md", "keycloak.md", "github-actions.md", "gitlab-ci.md",
                "kubernetes.md", "spiffe.md", "mtls.md", "saml.md",
            ]))
    }

    @Test("every file that a page shows is accepted by the gateway's own check", arguments: pages)
    func examples(_ page: ExamplePage) {
        let base = [
            FileContent(
                example: "policy.yaml",
                """
                name: acme-access
                version: 1
                admins: [tom]
                tiers: {standard: {longest: 180d, review: 90d, reviewers: 1, stale: 24h, first_review: merge}}

                """),
            FileContent(example: "people/tom.yaml", "email: tom@acme.example\nkeys: []\n"),
            FileContent(example: "people/maria.yaml", "email: maria@acme.example\nkeys: []\n"),
            FileContent(
                example: "services/claude.yaml",
                """
                kind: anthropic
                upstream: https://api.anthropic.com
                prefix: /claude
                owners: [tom]
                tier: standard

                """),
        ]
        let problems = Validation.diagnostics(of: base + page.documents).filter {
            $0.severity == .error && $0.path.hasPrefix("identity/") || $0.path.hasPrefix("grants/")
        }
        #expect(problems.isEmpty, "\(problems.map(\.text))")
        #expect(page.name == "README.md" || !page.documents.isEmpty)
    }

    /// An issuer that publishes one key, and its page's settings with the address of that key set.
    struct Setting {
        let shape: Shape
        let key: DemoIssuerKey
        let server: ScriptedIssuer
        let issuer: Issuer
        let verifier: TokenVerifier

        init(_ shape: Shape) async throws {
            self.shape = shape
            key = try DemoIssuerKey(shape.algorithm)
            guard case .object(var jwk) = key.jwk else { throw Unreadable() }
            jwk["alg"] = nil
            jwk["use"] = nil
            // Keys for other purposes lie beside it, as they do at these issuers.
            let encryption: DemoIssuerJSON = [
                "kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "enc-1", "n": "AQAB", "e": "AQAB",
            ]
            server = try await ScriptedIssuer(keys: [encryption, .object(jwk.merging(shape.key) { $1 })])
            let page = try #require(IssuerShapesTests.pages.first { $0.name == shape.page })
            var issuer = try #require(page.issuer(shape.file))
            issuer.keys = ByteString(server.issuer + "/keys")
            self.issuer = issuer
            verifier = TokenVerifier([issuer])
        }

        struct Unreadable: Error {}

        func token() throws -> String {
            var header = shape.header
            header["alg"] = .text(key.algorithm.rawValue)
            header["kid"] = .text(key.identifier)
            var claims = ""
            var rest = Substring(shape.claims.replacingOccurrences(of: "\n", with: ""))
            while let place = rest.range(of: "NOW") {
                claims += rest[..<place.lowerBound]
                rest = rest[place.upperBound...]
                let offset = rest.prefix { "+-0123456789".contains($0) }
                claims += String(Instant.test.seconds + (Int64(offset) ?? 0))
                rest = rest.dropFirst(offset.count)
            }
            return try key.token(header: DemoIssuerJSON.object(header).serialized, payload: claims + rest)
        }
    }
}
