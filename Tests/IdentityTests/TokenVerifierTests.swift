import Demo
import Foundation
import GrantModel
import Identity
import Testing

/// What a valid token becomes.
struct TokenVerifierTests {
    @Test("a token of every supported algorithm is accepted", arguments: DemoIssuerKey.Algorithm.allCases)
    func algorithms(_ algorithm: DemoIssuerKey.Algorithm) async throws {
        let issuer = try await DemoIssuer(algorithm: algorithm)
        let verifier = TokenVerifier([
            Issuer(
                name: "corp", issuer: ByteString(issuer.issuer), audience: ["grantctl"],
                algorithms: [ByteString(algorithm.rawValue)], longest: .hours(1))
        ])
        let token = try issuer.mint(
            subject: "triage-bot", groups: ["support-agents"], roles: ["triage"], email: "bot@acme.example",
            claims: ["tenant": "acme"], lifetime: 600, now: Instant.test.seconds)

        let caller = try await verifier.verify(token).get()

        #expect(caller.issuer == "corp")
        #expect(caller.subject == "triage-bot")
        #expect(caller.groups == ["support-agents"])
        #expect(caller.roles == ["triage"])
        #expect(caller.email == "bot@acme.example")
        #expect(caller.claims["tenant"] == "acme")
        #expect(caller.expires == .test + Span(seconds: 600))
        await issuer.stop()
    }

    @Test("a token from the token endpoint is accepted as it is, and a wrong secret gets none")
    func tokenEndpoint() async throws {
        let issuer = try await DemoIssuer(users: [.init(name: "maria@laptop", groups: ["support agents"])])
        let verifier = TokenVerifier([
            Issuer(
                name: "corp", issuer: ByteString(issuer.issuer), audience: ["grantctl"], algorithms: ["ES256"],
                longest: .hours(1))
        ])
        let user = try #require(issuer.users.first)
        let good = "grant_type=client_credentials&client_id=maria%40laptop&client_secret=\(user.secret)"
        let answer = try await post(issuer.issuer + "/token", good)
        let document = try #require(try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
        let token = try #require(document["access_token"] as? String)

        let caller = try await verifier.verify(token, now: Instant(seconds: Int64(Date().timeIntervalSince1970))).get()
        #expect(caller.subject == "maria@laptop")
        #expect(caller.groups == ["support agents"])

        let refused = try await post(issuer.issuer + "/token", good + "x")
        #expect(refused.status == 401)
        await issuer.stop()
    }

    private func post(_ url: String, _ body: String) async throws -> (status: Int, body: Data) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["curl", "-s", "--noproxy", "*", "-w", "\n%{http_code}", "-d", body, url]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        let status = Int(String(decoding: lines.last ?? Data(), as: UTF8.self)) ?? 0
        return (status, Data(lines.first ?? Data()))
    }

    /// One key and one verifier for tests that look at claims.
    private func caller(
        claims mapping: [ByteString: ByteString] = ["groups": "groups", "roles": "roles", "email": "email"],
        require: [ByteString: ByteString] = [:], _ change: (inout Recipe) -> Void
    ) async throws -> Result<Caller, TokenRefusal> {
        let key = try DemoIssuerKey(.es256)
        let issuer = try await ScriptedIssuer(keys: [key.jwk])
        let verifier = TokenVerifier([issuer.configured(claims: mapping, require: require)])
        var recipe = Recipe(issuer: issuer.issuer, key: key)
        change(&recipe)
        let result = await verifier.verify(try recipe.token())
        await issuer.stop()
        return result
    }

    @Test("claims are found by dotted path, through objects and through names that hold dots")
    func paths() async throws {
        let mapping: [ByteString: ByteString] = [
            "groups": "https://acme.example/groups", "roles": "realm_access.roles", "email": "contact.mail",
            "cluster": "kubernetes.io.namespace",
        ]
        let caller = try await caller(claims: mapping) {
            $0.claims["https://acme.example/groups"] = "one two  three"
            $0.claims["realm_access"] = ["roles": ["a b", "c"]]
            $0.claims["contact"] = ["mail": "x@acme.example"]
            $0.claims["kubernetes.io"] = ["namespace": "prod", "pod": ["name": "p1"]]
            $0.claims["cluster"] = "what the token says itself"
        }.get()
        #expect(caller.groups == ["one", "two", "three"])
        #expect(caller.roles == ["a b", "c"])
        #expect(caller.email == "x@acme.example")
        #expect(caller.claims["kubernetes.io.pod.name"] == "p1")
        #expect(caller.claims["cluster"] == "prod")
    }

    @Test("a name that the configuration gives to an absent claim is absent, whatever the token calls by that name")
    func absentAlias() async throws {
        let caller = try await caller(claims: ["team": "custom.team"]) { $0.claims["team"] = "admins" }.get()
        #expect(caller.claims["team"] == nil)
    }

    @Test("whole numbers and truth values are claims in their JSON spelling; null, fractions and arrays are not")
    func flatClaims() async throws {
        let caller = try await caller {
            $0.rawClaims =
                DemoIssuerJSON.object($0.claims).serialized.dropLast()
                + #","n":-12,"t":true,"f":false,"z":null,"d":1.5,"one":1.0,"list":["x"],"deep":{"a":{"b":"c"}}}"#
        }.get()
        #expect(caller.claims["n"] == "-12")
        #expect(caller.claims["t"] == "true")
        #expect(caller.claims["f"] == "false")
        #expect(caller.claims["deep.a.b"] == "c")
        for name: ByteString in ["z", "d", "one", "list", "deep", "deep.a"] {
            #expect(caller.claims[name] == nil, "\(name)")
        }
    }

    @Test(
        "an e-mail address is there unless the issuer says it is not verified",
        arguments: [
            (nil, true), (true, true), ("true", true), (false, false), ("false", false), (0, false), (nil, true),
            ("no", false),
        ] as [(DemoIssuerJSON?, Bool)])
    func email(verified: DemoIssuerJSON?, isThere: Bool) async throws {
        let caller = try await caller(claims: ["contact": "email"]) {
            $0.claims["email"] = "ceo@acme.example"
            $0.claims["email_verified"] = verified
        }.get()
        #expect((caller.email != nil) == isThere)
        #expect((caller.claims["email"] != nil) == isThere)
        #expect((caller.claims["contact"] != nil) == isThere)
    }

    @Test("a doubt about an address counts beside the address as well as at the top")
    func nestedEmail() async throws {
        let caller = try await caller(claims: ["email": "user.mail"]) {
            $0.claims["user"] = ["mail": "ceo@acme.example", "email_verified": false]
        }.get()
        #expect(caller.email == nil)
        #expect(caller.claims["user.mail"] == nil)
    }

    @Test("absent groups and roles are empty, and so is what an unconfigured claim of another form would say")
    func absentGroups() async throws {
        let caller = try await caller(claims: [:]) {
            $0.claims["groups"] = ["a": "b"]
            $0.claims["roles"] = nil
        }.get()
        #expect(caller.groups.isEmpty)
        #expect(caller.roles.isEmpty)
        #expect(caller.email == nil)
    }

    @Test("required claims must be there with exactly their value")
    func required() async throws {
        let require: [ByteString: ByteString] = ["tenant": "acme", "org.id": "7"]
        let good = try await caller(require: require) {
            $0.claims["tenant"] = "acme"
            $0.claims["org"] = ["id": 7]
        }
        #expect(throws: Never.self) { try good.get() }
        for tenant: DemoIssuerJSON? in ["Acme", "acme ", "acme\u{301}", ["acme"], nil] {
            let result = try await caller(require: require) {
                $0.claims["tenant"] = tenant
                $0.claims["org"] = ["id": 7]
            }
            #expect(result.reason == "required-claim")
        }
    }

    @Test(
        "types are compared without case, and may be absent",
        arguments: ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", nil])
    func types(_ type: String?) async throws {
        let result = try await caller { $0.header["typ"] = type.map { .text($0) } }
        #expect(result.reason == "accepted")
    }

    @Test("pointers to other keys in the header are never followed")
    func pointers() async throws {
        let trap = try await ScriptedIssuer(keys: [])
        let other = try DemoIssuerKey(.es256)
        let result = try await caller {
            $0.header["jku"] = .text(trap.issuer + "/jku")
            $0.header["x5u"] = .text(trap.issuer + "/x5u")
            $0.header["jwk"] = other.jwk
            $0.header["x5c"] = ["MIIB"]
        }
        #expect(result.reason == "accepted")
        #expect(trap.script.otherRequests.isEmpty)
        await trap.stop()
    }

    @Test(
        "the bounds of time are exact",
        arguments: [
            (0, 600, 0, "accepted"), (0, 600, 629, "accepted"), (0, 600, 630, "expired"), (30, 600, 0, "accepted"),
            (31, 600, 0, "not-yet-valid"), (0, 3_600, 0, "accepted"), (0, 3_601, 0, "lives-too-long"),
            (20, 3_620, 0, "accepted"), (600, 600, 0, "malformed-times"), (601, 600, 0, "malformed-times"),
        ])
    func bounds(issued: Int64, expires: Int64, now: Int64, reason: String) async throws {
        let key = try DemoIssuerKey(.edDSA)
        let issuer = try await ScriptedIssuer(keys: [key.jwk])
        let verifier = TokenVerifier([issuer.configured()])
        for claim in ["iat", "nbf"] {
            var recipe = Recipe(issuer: issuer.issuer, key: key)
            recipe.claims["iat"] = nil
            recipe.claims[claim] = .integer(Instant.test.seconds + issued)
            recipe.claims["exp"] = .integer(Instant.test.seconds + expires)
            #expect(await verifier.reason(try recipe.token(), now: .test + Span(seconds: now)) == reason)
        }
        await issuer.stop()
    }

    @Test("a fraction of a second in a time is cut off")
    func fractions() async throws {
        let caller = try await caller {
            $0.rawClaims = DemoIssuerJSON.object($0.claims).serialized
                .replacingOccurrences(of: "\"exp\":1800000600", with: "\"exp\":1800000600.75")
        }.get()
        #expect(caller.expires == .test + Span(seconds: 600))
    }
}

extension Result where Success == Caller, Failure == TokenRefusal {
    var reason: String {
        switch self {
        case .success: "accepted"
        case .failure(let refusal): refusal.reason
        }
    }
}
