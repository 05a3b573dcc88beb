import Foundation
import GrantModel
import Identity
import Records
import Testing

@testable import Proxy

@Suite struct GatewayExchangeTests {
    private static let settings = ExchangeSettings(issuer: "https://gateway.acme.example", audience: ["gateway"])
    private static let grantType = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"

    private func form(_ token: String, type: String = "jwt") -> String {
        "grant_type=\(Self.grantType)&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3A\(type)"
            + "&subject_token=\(token)"
    }

    private func post(_ body: String, type: String = "application/x-www-form-urlencoded", extra: String = "") -> String
    {
        """
        POST /token HTTP/1.1\r
        Host: gateway\r
        Content-Type: \(type)\r
        \(extra)Content-Length: \(body.utf8.count)\r
        \r
        \(body)
        """
    }

    private func get(_ path: String, method: String = "GET") -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: gateway\r\n\r\n"
    }

    @Test func aTokenIsExchangedForOneOfTheGatewaysOwnAndThatOneIsGoodForCalls() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), exchange: Self.settings)
        let client = try await fixture.connect()
        try await client.send(post(form(try fixture.token())))
        let answer = try await client.response()
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer["cache-control"] == "no-store")
        #expect(answer["content-type"] == "application/json")
        #expect(answer["x-grantctl-request"]?.count == RecordID.textLength)
        let members = try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
        let token = try #require(members["access_token"] as? String)
        #expect((members["expires_in"] as? Int ?? 0) <= 900)
        // On the same connection.
        try await client.send(try fixture.message(token: token))
        #expect(try await client.response().status == 200)
        let received = try await fixture.upstream.request(1)
        #expect(received.headers.allSatisfy { !$0.value.contains(token) })
        // Another table: the issuer's settings are others, and the token was made under the ones before.
        await fixture.gateway.publish(fixture.table(issuer: "leeway: 1s"))
        try await client.send(try fixture.message(token: token))
        let refused = try await client.response()
        #expect(refused.status == 401)
        #expect(refused.text.contains("settings of the token's issuer"))
        await fixture.stop()
    }

    @Test func whatIsIssuedAndWhatIsRefusedIsOnRecordWithItsReason() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), exchange: Self.settings)
        let client = try await fixture.connect()
        let good = try fixture.token()
        let other = try fixture.token(groups: ["admins"])
        let forged = (other.split(separator: ".").prefix(2) + good.split(separator: ".").suffix(1)).joined(
            separator: ".")
        let rows: [(String, Int, String, String)] = [
            (post(form(good)), 200, "token_issued", "access_token"),
            (post(form(forged)), 400, "bad_signature", "invalid_request"),
            (post(form(good + "x")), 400, "malformed_token", "invalid_request"),
            (post(form("x")), 400, "malformed_token", "invalid_request"),
            (post(form(good, type: "saml2")), 400, "assertion_encoding", "invalid_request"),
            (post(form(good, type: "refresh_token")), 400, "unsupported_token_type", "invalid_request"),
            (post(form(good) + "&audience=other"), 400, "unknown_target", "invalid_target"),
            (post(form(good) + "&scope=all"), 400, "unsupported_scope", "invalid_scope"),
            (post(form(good) + "&actor_token=x"), 400, "unsupported_actor", "invalid_request"),
            (post(form(good) + "&subject_token=x"), 400, "malformed_exchange", "invalid_request"),
            (post("grant_type=password"), 400, "unsupported_grant_type", "unsupported_grant_type"),
            (post(""), 400, "malformed_exchange", "invalid_request"),
            (post("a=%4"), 400, "malformed_exchange", "invalid_request"),
            (post(form(good) + "&scope=&audience=gateway"), 200, "token_issued", "access_token"),
        ]
        var ids: [String] = []
        for (request, status, _, text) in rows {
            try await client.send(request)
            let answer = try await client.response()
            #expect(answer.status == status && answer.text.contains(text), "\(answer.text)")
            ids.append(answer["x-grantctl-request"] ?? "")
        }
        let decisions = try RecordReader(path: fixture.directory + "/records.sqlite")
            .latest(filter: RecordFilter(), limit: 100).map(\.decision)
        #expect(decisions.map(\.id.text) == ids)
        #expect(decisions.map(\.reason.text) == rows.map(\.2))
        #expect(decisions.map(\.verdict) == rows.map { $0.1 == 200 ? .allow : .deny })
        #expect(decisions.first?.subject == "bot" && decisions.first?.issuer == "corp")
        #expect(decisions.allSatisfy { $0.path == "/token" })
        await fixture.stop()
    }

    @Test func aTokenOfTheGatewayItselfIsNotExchangedAgain() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), exchange: Self.settings)
        let client = try await fixture.connect()
        try await client.send(post(form(try fixture.token())))
        let members = try #require(
            try JSONSerialization.jsonObject(with: Data(try await client.response().body)) as? [String: Any])
        try await client.send(post(form(try #require(members["access_token"] as? String))))
        let answer = try await client.response()
        #expect(answer.status == 400 && answer.text.contains("one of this gateway's own"))
        await fixture.stop()
    }

    @Test func theKeysArePublishedAndVerifyWhatWasIssued() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), exchange: Self.settings)
        let client = try await fixture.connect()
        try await client.send(get("/.well-known/openid-configuration"))
        let configuration = try await client.response()
        #expect(configuration.text.contains(#""jwks_uri":"https://gateway.acme.example/.well-known/jwks.json""#))
        try await client.send(get("/.well-known/jwks.json"))
        let keys = try await client.response()
        #expect(keys.status == 200)
        #expect(keys["content-type"] == "application/jwk-set+json")
        #expect(keys.text.contains(#""alg":"EdDSA""#) && !keys.text.contains(#""d""#))
        try await client.send(get("/.well-known/jwks.json", method: "HEAD"))
        #expect(try await client.response(head: true).status == 200)
        await fixture.stop()
    }

    @Test func otherMethodsFormsAndSizesAreRefusedAsOAuthSaysIt() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), exchange: Self.settings)
        let token = try fixture.token()
        let large = String(repeating: "a", count: (1 << 20) + 1)
        let chunked =
            "POST /token HTTP/1.1\r\nHost: g\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n100001\r\n\(large)\r\n0\r\n\r\n"
        for (request, status) in [
            (get("/token"), 405), (get("/.well-known/jwks.json", method: "DELETE"), 405),
            (post(form(token), type: "application/json"), 400), (post(large), 413), (chunked, 413),
            (post(form(token), extra: "Content-Encoding: gzip\r\n"), 415), (get("/token/"), 404),
            (get("/.well-known/other"), 404),
        ] {
            let client = try await fixture.connect()
            try? await client.send(request)
            let answer = try await client.response()
            #expect(answer.status == status, "\(request.prefix(60)): \(answer.text)")
            if status != 404 { #expect(answer.text.contains("error_description")) }
        }
        // A type with parameters, in other case, is the same type.
        let client = try await fixture.connect()
        try await client.send(post(form(token), type: "Application/X-WWW-Form-urlencoded; charset=utf-8"))
        #expect(try await client.response().status == 200)
        await fixture.stop()
    }

    @Test func withoutTheSettingThereIsNothingThere() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        for request in [post(form("x")), get("/.well-known/jwks.json")] {
            let client = try await fixture.connect()
            try await client.send(request)
            #expect(try await client.response().status == 404)
        }
        await fixture.stop()
    }
}
