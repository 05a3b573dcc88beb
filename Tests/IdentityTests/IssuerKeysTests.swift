import Demo
import Foundation
import GrantModel
import Identity
import Testing

/// Where keys come from, and when they are fetched again.
struct IssuerKeysTests {
    private func later(_ seconds: Int64) -> Instant { .test + Span(seconds: seconds) }

    /// A token that is valid at `seconds` after the tests' clock.
    private func token(_ issuer: ScriptedIssuer, _ key: DemoIssuerKey, at seconds: Int64 = 0) throws -> String {
        try Recipe(issuer: issuer.issuer, key: key, now: later(seconds)).token()
    }

    @Test("verifications at the same time share one fetch")
    func shared() async throws {
        let key = try DemoIssuerKey(.es256)
        let issuer = try await ScriptedIssuer(keys: [key.jwk])
        let verifier = TokenVerifier([issuer.configured()])
        let token = try token(issuer, key)
        let reasons = await withTaskGroup(of: String.self) { group in
            for _ in 0..<64 {
                group.addTask { await verifier.reason(token) }
            }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(reasons == ["accepted"])
        #expect(issuer.script.discoveryRequests == 1)
        #expect(issuer.script.keyRequests == 1)
        await issuer.stop()
    }

    @Test("prefetched keys need no fetch for the first token")
    func prefetch() async throws {
        let key = try DemoIssuerKey(.es256)
        let issuer = try await ScriptedIssuer(keys: [key.jwk])
        let verifier = TokenVerifier([issuer.configured()])
        await verifier.prefetch(now: .test)
        issuer.withScript { $0.isDown = true }
        #expect(await verifier.reason(try token(issuer, key)) == "accepted")
        await issuer.stop()
    }

    @Test("a new key is fetched when a token names it, and a withdrawn key is gone with it")
    func rotation() async throws {
        let old = try DemoIssuerKey(.es256)
        let new = try DemoIssuerKey(.es256)
        let issuer = try await ScriptedIssuer(keys: [old.jwk])
        let verifier = TokenVerifier([issuer.configured()])
        #expect(await verifier.reason(try token(issuer, old)) == "accepted")
        issuer.withScript { $0.keys = [new.jwk] }
        #expect(await verifier.reason(try token(issuer, new)) == "accepted")
        #expect(await verifier.reason(try token(issuer, old)) == "unknown-key")
        #expect(issuer.script.keyRequests == 2)
        await issuer.stop()
    }

    @Test("the demo's issuer rotates with and without its old keys")
    func demoRotation() async throws {
        let issuer = try await DemoIssuer(algorithm: .es256)
        let verifier = TokenVerifier([
            Issuer(
                name: "corp", issuer: ByteString(issuer.issuer), audience: ["grantctl"],
                algorithms: ["ES256", "EdDSA"], longest: .hours(2))
        ])
        let first = try issuer.mint(subject: "a", now: Instant.test.seconds)
        #expect(await verifier.reason(first) == "accepted")
        try issuer.rotate(algorithm: .edDSA)
        #expect(await verifier.reason(try issuer.mint(subject: "a", now: Instant.test.seconds)) == "accepted")
        #expect(await verifier.reason(first) == "accepted")
        try issuer.rotate(keepingOld: false)
        let third = try issuer.mint(subject: "a", now: Instant.test.seconds)
        #expect(await verifier.reason(third, now: later(60)) == "accepted")
        #expect(await verifier.reason(first, now: later(60)) == "unknown-key")
        #expect(issuer.requests.keys == 3)
        await issuer.stop()
    }

    @Test("a key replaced under its old name is fetched as well")
    func sameName() async throws {
        let old = try DemoIssuerKey(.es256)
        let new = try DemoIssuerKey(.es256)
        func named(_ key: DemoIssuerKey) -> DemoIssuerJSON {
            guard case .object(var members) = key.jwk else { return key.jwk }
            members["kid"] = "1"
            return .object(members)
        }
        let issuer = try await ScriptedIssuer(keys: [named(old)])
        let verifier = TokenVerifier([issuer.configured()])
        for key in [old, new] {
            issuer.withScript { $0.keys = [named(key)] }
            for kid: DemoIssuerJSON? in ["1", nil] {
                var recipe = Recipe(issuer: issuer.issuer, key: key)
                recipe.header["kid"] = kid
                #expect(await verifier.reason(try recipe.token()) == "accepted")
            }
        }
        #expect(issuer.script.keyRequests == 2)
        await issuer.stop()
    }

    @Test("unknown keys make the issuer be asked at most once a minute")
    func bound() async throws {
        let key = try DemoIssuerKey(.es256)
        let stranger = try DemoIssuerKey(.es256)
        let issuer = try await ScriptedIssuer(keys: [key.jwk])
        let verifier = TokenVerifier([issuer.configured()])
        // Clock, requests for keys so far. The first is the first fetch, which does not count.
        for (seconds, requests) in [(0, 2), (0, 2), (59, 2), (60, 3), (61, 3), (119, 3), (120, 4)] as [(Int64, Int)] {
            let token = try token(issuer, stranger, at: seconds)
            #expect(await verifier.reason(token, now: later(seconds)) == "unknown-key")
            #expect(issuer.script.keyRequests == requests, "after \(seconds) s")
        }
        let seconds: Int64 = 121
        #expect(await verifier.reason(try token(issuer, key, at: seconds), now: later(seconds)) == "accepted")
        await issuer.stop()
    }

    @Test("the last good keys survive an outage, and a new key is found when it is over")
    func outage() async throws {
        let key = try DemoIssuerKey(.es256)
        let new = try DemoIssuerKey(.es256)
        let issuer = try await ScriptedIssuer(keys: [key.jwk])
        let verifier = TokenVerifier([issuer.configured()])
        #expect(await verifier.reason(try token(issuer, key)) == "accepted")
        issuer.withScript { $0.isDown = true }
        #expect(await verifier.reason(try token(issuer, new)) == "unknown-key")
        let day: Int64 = 86_400
        #expect(await verifier.reason(try token(issuer, key, at: day), now: later(day)) == "accepted")
        issuer.withScript {
            $0.isDown = false
            $0.keys = [new.jwk]
        }
        #expect(await verifier.reason(try token(issuer, new, at: day + 60), now: later(day + 60)) == "accepted")
        await issuer.stop()
    }

    @Test("an answer that makes no sense leaves the last good keys; an empty key set takes them")
    func nonsense() async throws {
        let key = try DemoIssuerKey(.es256)
        let issuer = try await ScriptedIssuer(keys: [key.jwk])
        let stranger = try DemoIssuerKey(.es256)
        let verifier = TokenVerifier([issuer.configured()])
        let broken: [DemoIssuerServer.Answer] = [
            .init(json: "<html>"), .init(status: 500, json: "{}"), .init(json: #"{"keys":{}}"#),
            .init(json: #"{"keys":[],"keys":[]}"#),
            .init(json: #"{"keys":["# + String(repeating: "{},", count: 100) + "{}]}"),
            .init(body: [UInt8](repeating: 0x20, count: 300 << 10)),
            .init(status: 302, headers: [("location", issuer.issuer + "/elsewhere")], body: []),
        ]
        #expect(await verifier.reason(try token(issuer, key)) == "accepted")
        for (index, answer) in broken.enumerated() {
            let seconds = Int64(index + 1) * 60
            issuer.withScript { $0.keySet = answer }
            #expect(
                await verifier.reason(try token(issuer, stranger, at: seconds), now: later(seconds)) == "unknown-key")
            #expect(issuer.script.keyRequests == index + 2)
            #expect(await verifier.reason(try token(issuer, key, at: seconds), now: later(seconds)) == "accepted")
        }
        #expect(issuer.script.otherRequests.isEmpty)
        issuer.withScript { $0.keySet = DemoIssuerServer.Answer(json: #"{"keys":[]}"#) }
        #expect(await verifier.reason(try token(issuer, stranger, at: 600), now: later(600)) == "unknown-key")
        #expect(await verifier.reason(try token(issuer, key, at: 600), now: later(600)) == "unknown-key")
        await issuer.stop()
    }

    @Test("an issuer that is away from the start is asked again after two seconds")
    func lateStart() async throws {
        let key = try DemoIssuerKey(.es256)
        let issuer = try await ScriptedIssuer(keys: [key.jwk])
        let verifier = TokenVerifier([issuer.configured()])
        issuer.withScript { $0.isDown = true }
        #expect(await verifier.reason(try token(issuer, key)) == "keys-unavailable")
        issuer.withScript { $0.isDown = false }
        #expect(await verifier.reason(try token(issuer, key), now: later(1)) == "keys-unavailable")
        #expect(issuer.script.discoveryRequests == 0)
        #expect(await verifier.reason(try token(issuer, key), now: later(2)) == "accepted")
        await issuer.stop()
    }

    @Test("keys stay when an issuer's other settings change, and go with the issuer")
    func updates() async throws {
        let key = try DemoIssuerKey(.es256)
        let issuer = try await ScriptedIssuer(keys: [key.jwk])
        let verifier = TokenVerifier([issuer.configured()])
        #expect(await verifier.reason(try token(issuer, key)) == "accepted")
        verifier.update(issuers: [issuer.configured(audience: ["other"])])
        #expect(await verifier.reason(try token(issuer, key)) == "wrong-audience")
        verifier.update(issuers: [issuer.configured(algorithms: ["RS256"])])
        #expect(await verifier.reason(try token(issuer, key)) == "algorithm-not-allowed")
        verifier.update(issuers: [])
        #expect(await verifier.reason(try token(issuer, key)) == "unknown-issuer")
        #expect(issuer.script.keyRequests == 1)
        verifier.update(issuers: [issuer.configured()])
        #expect(await verifier.reason(try token(issuer, key)) == "accepted")
        #expect(issuer.script.keyRequests == 2)
        await issuer.stop()
    }

    @Test(
        "a discovery document that is not the issuer's own is of no use",
        arguments: [
            #"{"issuer":"ISSUER/","jwks_uri":"ISSUER/keys"}"#, #"{"jwks_uri":"ISSUER/keys"}"#,
            #"{"issuer":"ISSUER","issuer":"ISSUER","jwks_uri":"ISSUER/keys"}"#, #"{"issuer":"ISSUER"}"#,
            #"{"issuer":"ISSUER","jwks_uri":"ISSUER/keys","jwks_uri":"ISSUER/keys"}"#,
            #"{"issuer":"ISSUER","jwks_uri":"file:///etc/passwd"}"#,
            #"{"issuer":"ISSUER","jwks_uri":"http://issuer.example/keys"}"#,
            #"{"issuer":"ISSUER","jwks_uri":"http://127.0.0.1@evil.example/keys"}"#, "[]", "",
        ])
    func discovery(_ document: String) async throws {
        let key = try DemoIssuerKey(.es256)
        let issuer = try await ScriptedIssuer(keys: [key.jwk])
        let verifier = TokenVerifier([issuer.configured()])
        issuer.withScript {
            $0.discovery = DemoIssuerServer.Answer(
                json: document.replacingOccurrences(of: "ISSUER", with: issuer.issuer))
        }
        #expect(await verifier.reason(try token(issuer, key)) == "keys-unavailable")
        #expect(issuer.script.keyRequests == 0)
        await issuer.stop()
    }

    @Test("keys that are weak, private, for another purpose or malformed are not used")
    func uselessKeys() async throws {
        let ec = try DemoIssuerKey(.es256)
        let rsa = try DemoIssuerKey(.rs256)
        func changed(_ key: DemoIssuerKey, _ name: String, _ value: DemoIssuerJSON?) -> DemoIssuerJSON {
            guard case .object(var members) = key.jwk else { return key.jwk }
            members[name] = value
            return .object(members)
        }
        let half: DemoIssuerJSON = .text(DemoIssuerKey.base64URL([UInt8](repeating: 0xFF, count: 128)))
        let table: [(String, DemoIssuerKey, DemoIssuerJSON)] = [
            ("for encryption", ec, changed(ec, "use", "enc")),
            ("for signing only", ec, changed(ec, "key_ops", ["sign"])),
            ("for another algorithm", ec, changed(ec, "alg", "ES384")),
            ("with its private half", ec, changed(ec, "d", "AAAA")),
            ("of another curve", ec, changed(ec, "crv", "P-384")),
            ("of another type", ec, changed(ec, "kty", "RSA")),
            ("without a type", ec, changed(ec, "kty", nil)),
            (
                "with a point off its curve", ec,
                changed(ec, "x", .text(DemoIssuerKey.base64URL([UInt8](repeating: 1, count: 32))))
            ),
            ("with a short coordinate", ec, changed(ec, "x", "AAAA")),
            ("with a number for a name", ec, changed(ec, "kid", 1)),
            ("of 1024 bits", rsa, changed(rsa, "n", half)),
            ("with exponent 1", rsa, changed(rsa, "e", "AQ")),
            ("with an even exponent", rsa, changed(rsa, "e", "AQAC")),
            ("with padding", rsa, changed(rsa, "e", "AQAB==")),
        ]
        for (name, key, jwk) in table {
            let issuer = try await ScriptedIssuer(keys: [jwk])
            let verifier = TokenVerifier([issuer.configured()])
            #expect(await verifier.reason(try token(issuer, key)) == "unknown-key", "\(name)")
            await issuer.stop()
        }
        // The same keys, told nothing about themselves, are of use.
        for key in [ec, rsa] {
            let issuer = try await ScriptedIssuer(keys: [changed(key, "alg", nil), changed(key, "use", "enc")])
            let verifier = TokenVerifier([issuer.configured()])
            #expect(await verifier.reason(try token(issuer, key)) == "accepted")
            await issuer.stop()
        }
    }

    @Test("TLS of an issuer is verified against its own authority, for the right name, and never skipped")
    func tls() async throws {
        let authority = try DemoAuthority()
        let stranger = try DemoAuthority()
        let key = try DemoIssuerKey(.es256)
        let identity = try authority.issueServer()
        for host in ["localhost", "127.0.0.1"] {
            let issuer = try await ScriptedIssuer(keys: [key.jwk], tls: identity, host: host)
            let table: [(String?, String)] = [
                (authority.certificatePEM, "accepted"), (stranger.certificatePEM, "keys-unavailable"),
                (nil, "keys-unavailable"), ("not a certificate", "keys-unavailable"),
            ]
            for (pem, reason) in table {
                let verifier = TokenVerifier([issuer.configured(certificateAuthority: pem)])
                #expect(await verifier.reason(try token(issuer, key)) == reason, "\(host)")
            }
            await issuer.stop()
        }
        let other = try authority.issueServer(names: ["issuer.example"], addresses: [])
        let issuer = try await ScriptedIssuer(keys: [key.jwk], tls: other, host: "localhost")
        let verifier = TokenVerifier([issuer.configured(certificateAuthority: authority.certificatePEM)])
        #expect(await verifier.reason(try token(issuer, key)) == "keys-unavailable")
        await issuer.stop()
    }

    @Test("an outage is in the log with the issuer's name, and says what was wrong")
    func log() async throws {
        let lines = LogLines()
        let issuer = Issuer(
            name: "corp", issuer: "http://issuer.example", audience: ["grantctl"], algorithms: ["ES256"],
            longest: .hours(1))
        let verifier = TokenVerifier([issuer], logger: lines.logger)
        await verifier.prefetch(now: .test)
        #expect(lines.text.contains("http://issuer.example"))
        #expect(lines.text.contains("plain http is accepted on loopback only"))
    }

    @Test("the authority writes its key for its owner alone, over whatever was there")
    func authorityFiles() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try "old".write(toFile: directory + "/tls.key", atomically: false, encoding: .utf8)
        let files = try DemoAuthority().write(to: directory)
        let mode = try FileManager.default.attributesOfItem(atPath: files.key)[.posixPermissions] as? NSNumber
        #expect(mode == 0o600)
        #expect(try String(contentsOfFile: files.key, encoding: .utf8).hasPrefix("-----BEGIN PRIVATE KEY-----"))
        #expect(try String(contentsOfFile: files.certificate, encoding: .utf8).contains("-----BEGIN CERTIFICATE-----"))
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = ["openssl", "verify", "-x509_strict", "-CAfile", files.authority, files.certificate]
        openssl.standardOutput = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        #expect(openssl.terminationStatus == 0)
    }
}
