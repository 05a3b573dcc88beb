import Demo
import Foundation
import GrantModel
import Identity
import Testing

/// Tokens of others exchanged, and the gateway's own read back.
struct TokenIssuerTests {
    private static let hour: Int64 = 3_600

    /// An issuer, and a token of it that says more than is sent with each call, or lives longer.
    private static func setting(
        exchangeLongest: Span? = nil
    ) async throws -> (server: ScriptedIssuer, key: DemoIssuerKey, exchange: Exchange) {
        let key = try DemoIssuerKey(.es256)
        let server = try await ScriptedIssuer(keys: [key.jwk])
        var issuer = server.configured()
        issuer.exchangeLongest = exchangeLongest
        return (server, key, Exchange([issuer], now: .test))
    }

    @Test("a token too large to be sent with each call is exchanged for one that says what grants look at")
    func large() async throws {
        let (server, key, exchange) = try await Self.setting()
        var recipe = Recipe(issuer: server.issuer, key: key)
        recipe.claims["groups"] = ["support", "a b"]
        recipe.claims["resource_access"] = ["roles": .array((0..<2_000).map { .text("role-of-something-\($0)") })]
        recipe.claims["kubernetes.io"] = ["pod": ["name": "p1"]]
        recipe.claims["email"] = "bot@acme.example"
        let token = try recipe.token()
        #expect(token.utf8.count > 40_000)
        #expect(await exchange.verifier.reason(token) == "token-too-long")
        let answer = try await exchange.exchange(token: token, at: .test)
        #expect(answer.reason == "token-issued" && answer.lifetime == 600)
        #expect(answer.token.utf8.count < 2_000)
        let caller = try await exchange.verifier.verify(answer.token).get()
        #expect(caller.issuer == "corp" && caller.subject == "triage-bot" && caller.email == "bot@acme.example")
        #expect(caller.groups == ["support", "a b"])
        #expect(caller.claims["kubernetes.io.pod.name"] == "p1")
        #expect(caller.expires == .test + Span(seconds: 600))
        // Larger than anybody's.
        recipe.claims["x"] = .text(String(repeating: "x", count: 256 << 10))
        #expect(try await exchange.exchange(token: try recipe.token(), at: .test).reason == "token-too-long")
        await server.stop()
    }

    @Test("a token that lives longer than one sent with each call is exchanged where its issuer's file says so")
    func longLived() async throws {
        for (longest, reason) in [(nil, "lives-too-long"), (.hours(12), "token-issued")] as [(Span?, String)] {
            let (server, key, exchange) = try await Self.setting(exchangeLongest: longest)
            var recipe = Recipe(issuer: server.issuer, key: key)
            recipe.claims["exp"] = .integer(Instant.test.seconds + 12 * Self.hour)
            let token = try recipe.token()
            #expect(await exchange.verifier.reason(token) == "lives-too-long")
            let answer = try await exchange.exchange(token: token, at: .test)
            #expect(answer.reason == reason)
            #expect(reason != "token-issued" || answer.lifetime == 900)
            recipe.claims["exp"] = .integer(Instant.test.seconds + 12 * Self.hour + 1)
            #expect(try await exchange.exchange(token: try recipe.token(), at: .test).reason == "lives-too-long")
            await server.stop()
        }
    }

    @Test("nobody's file can speak for the gateway itself, and its tokens are not exchanged again")
    func own() async throws {
        let (server, key, _) = try await Self.setting()
        var issuer = server.configured()
        issuer.issuer = Exchange.settings.issuer
        issuer.keys = ByteString(server.issuer + "/keys")
        let exchange = Exchange([issuer, server.configured(name: "other")], now: .test)
        var recipe = Recipe(issuer: Exchange.settings.issuer.text, key: key)
        #expect(await exchange.verifier.reason(try recipe.token()) == "algorithm-not-allowed")
        let good = try await exchange.exchange(token: try Recipe(issuer: server.issuer, key: key).token(), at: .test)
        #expect(good.caller?.issuer == "other")
        #expect(try await exchange.exchange(token: good.token, at: .test).reason == "own-token")
        // A key of somebody else under the name of one of the gateway's, and of none.
        let stranger = try DemoIssuerKey(.edDSA)
        recipe.key = stranger
        recipe.header["alg"] = "EdDSA"
        recipe.header["typ"] = "at+jwt"
        #expect(await exchange.verifier.reason(try recipe.token()) == "unknown-key")
        let header = try #require(good.token.split(separator: ".").first)
        let padded = String(header) + String(repeating: "=", count: (4 - header.count % 4) % 4)
        let decoded = try #require(
            Data(
                base64Encoded: padded.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/"))
        )
        recipe.rawHeader = String(decoding: decoded, as: UTF8.self)
        #expect(await exchange.verifier.reason(try recipe.token()) == "bad-signature")
        #expect(server.script.keyRequests == 1)
        await server.stop()
    }

    @Test("another gateway's token, and one of another type, is none of its own")
    func others() async throws {
        let (server, key, exchange) = try await Self.setting()
        let other = Exchange([server.configured()], now: .test)
        let token = try await other.exchange(token: try Recipe(issuer: server.issuer, key: key).token(), at: .test)
            .token
        #expect(await other.verifier.reason(token) == "accepted")
        #expect(await exchange.verifier.reason(token) == "unknown-key")
        #expect(await TokenVerifier([server.configured()]).reason(token) == "unknown-issuer")
        await server.stop()
    }

    @Test("a key signs for a day and is published for an hour more")
    func rotation() async throws {
        let (server, key, exchange) = try await Self.setting()
        func issued(_ seconds: Int64) async throws -> String {
            let now = Instant.test + Span(seconds: seconds)
            return try await exchange.exchange(
                token: try Recipe(issuer: server.issuer, key: key, now: now).token(), at: now
            ).token
        }
        func published(_ seconds: Int64) throws -> Int {
            let bytes = try #require(exchange.verifier.own?.keySet(now: .test + Span(seconds: seconds)))
            let document = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            return (document?["keys"] as? [Any])?.count ?? 0
        }
        let day: Int64 = 86_400
        _ = try await issued(0)
        let late = try await issued(day - 1)
        #expect(try published(day - 1) == 1)
        let next = try await issued(day)
        #expect(try published(day) == 2)
        #expect(late.split(separator: ".")[0] != next.split(separator: ".")[0])
        #expect(await exchange.verifier.reason(late, now: .test + Span(seconds: day + 100)) == "accepted")
        #expect(try published(day + Self.hour) == 2)
        #expect(try published(day + Self.hour + 1) == 1)
        #expect(await exchange.verifier.reason(next, now: .test + Span(seconds: day + 100)) == "accepted")
        await server.stop()
    }
}
