import NIOCore
import Testing

@testable import Proxy

/// What an attacker would send, byte by byte, and what must never reach the upstream.
@Suite struct GatewayAttackTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        var name: String
        /// `{token}` stands for a good token.
        var bytes: String
        /// Any of these; nothing at all counts as 0.
        var statuses: [Int]
        var testDescription: String { name }
    }

    static let body = #"{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[]}"#

    static func post(
        _ fields: String, path: String = "/claude/v1/messages", host: String = "Host: gateway\r\n",
        length: Bool = true, auth: String = "Authorization: Bearer {token}\r\n", body: String = body
    ) -> String {
        "POST \(path) HTTP/1.1\r\n\(host)\(auth)Content-Type: application/json\r\n\(fields)"
            + (length ? "Content-Length: \(body.utf8.count)\r\n" : "") + "\r\n\(body)"
    }

    // swift-format-ignore: one attack a line reads as the table it is.
    static let attacks: [Attack] = [
        Attack(name: "length with coding", bytes: post("Transfer-Encoding: chunked\r\n"), statuses: [400]),
        Attack(name: "two lengths", bytes: post("Content-Length: 5\r\n"), statuses: [400]),
        Attack(name: "two equal lengths", bytes: post("Content-Length: \(body.utf8.count)\r\n"), statuses: [400]),
        Attack(name: "length list", bytes: post("Content-Length: 3, 3\r\n", length: false), statuses: [400]),
        Attack(name: "signed length", bytes: post("Content-Length: +5\r\n", length: false), statuses: [400]),
        Attack(name: "hexadecimal length", bytes: post("Content-Length: 0x10\r\n", length: false), statuses: [400]),
        Attack(
            name: "coding chunked twice", bytes: post("Transfer-Encoding: chunked, chunked\r\n", length: false),
            statuses: [400]),
        Attack(name: "coding identity", bytes: post("Transfer-Encoding: identity\r\n", length: false), statuses: [400]),
        Attack(
            name: "coding with vertical tab", bytes: post("Transfer-Encoding: \u{0B}chunked\r\n", length: false),
            statuses: [400]),
        Attack(
            name: "space before colon", bytes: post("Transfer-Encoding : chunked\r\n", length: false), statuses: [400]),
        Attack(name: "folded field", bytes: post("X-A: one\r\n two\r\n"), statuses: [400]),
        Attack(name: "bare line feed in the header", bytes: post("X-A: one\nX-B: two\r\n"), statuses: [400]),
        Attack(name: "carriage return in a value", bytes: post("X-A: one\rX-B: two\r\n"), statuses: [400]),
        Attack(name: "NUL in a value", bytes: post("X-A: o\0ne\r\n"), statuses: [400]),
        Attack(name: "empty field name", bytes: post(": x\r\n"), statuses: [400]),
        Attack(name: "no host", bytes: post("", host: ""), statuses: [400]),
        Attack(name: "two hosts", bytes: post("Host: other\r\n"), statuses: [400]),
        Attack(name: "absolute form", bytes: post("", path: "http://gateway/claude/v1/messages"), statuses: [400]),
        Attack(name: "double slash", bytes: post("", path: "/claude//v1/messages"), statuses: [400]),
        Attack(name: "encoded slash", bytes: post("", path: "/claude%2Fv1/messages"), statuses: [400]),
        Attack(name: "dot segments", bytes: post("", path: "/claude/../claude/v1/messages"), statuses: [400]),
        Attack(name: "encoded dots", bytes: post("", path: "/claude/%2e%2e/claude/v1/messages"), statuses: [400]),
        Attack(name: "path parameters", bytes: post("", path: "/claude/v1/messages;a=b"), statuses: [400]),
        Attack(name: "backslash", bytes: post("", path: "/claude\\v1/messages"), statuses: [400]),
        Attack(
            name: "model in the query", bytes: post("", path: "/claude/v1/messages?model=claude-opus-4-1"),
            statuses: [400]),
        Attack(name: "repeated beta", bytes: post("anthropic-beta: a\r\nAnthropic-Beta: b\r\n"), statuses: [400]),
        Attack(
            name: "repeated version", bytes: post("anthropic-version: a\r\nanthropic-version: b\r\n"), statuses: [400]),
        Attack(name: "repeated content type", bytes: post("content-type: application/json\r\n"), statuses: [400]),
        Attack(name: "repeated authorization", bytes: post("Authorization: Bearer {token}\r\n"), statuses: [400]),
        Attack(name: "compressed body", bytes: post("Content-Encoding: gzip\r\n"), statuses: [415]),
        Attack(name: "upgrade", bytes: post("Connection: upgrade\r\nUpgrade: h2c\r\n"), statuses: [400]),
        Attack(name: "no token", bytes: post("", auth: ""), statuses: [401]),
        Attack(
            name: "empty token", bytes: post("", auth: "Authorization: Bearer \r\nx-api-key: \r\n"), statuses: [401]),
        Attack(name: "basic credentials", bytes: post("", auth: "Authorization: Basic e30=\r\n"), statuses: [401]),
        Attack(name: "two different tokens", bytes: post("x-api-key: sk-ant-something\r\n"), statuses: [401]),
        Attack(
            name: "an upstream key instead of a token",
            bytes: post("", auth: "x-api-key: \(GatewayFixture.secret)\r\n"), statuses: [401]),
        Attack(
            name: "TRACE",
            bytes: "TRACE /claude/v1/messages HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {token}\r\n\r\n",
            statuses: [405]),
        Attack(name: "CONNECT", bytes: "CONNECT upstream:443 HTTP/1.1\r\nHost: g\r\n\r\n", statuses: [400, 405]),
        Attack(name: "HTTP/2 preface in plain text", bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", statuses: [400]),
        Attack(name: "HTTP/0.9", bytes: "GET /claude/v1/messages\r\n\r\n", statuses: [400]),
        Attack(name: "another service's path", bytes: post("", path: "/claude-other/v1/messages"), statuses: [404]),
        Attack(
            name: "announced length beyond the limit",
            bytes: post("Content-Length: 33554433\r\n", length: false, body: ""), statuses: [413]),
        Attack(name: "unknown expectation", bytes: post("Expect: the-unexpected\r\n"), statuses: [417]),
        Attack(name: "header flood", bytes: post(String(repeating: "X-A: b\r\n", count: 300)), statuses: [431]),
        Attack(name: "huge field", bytes: post("X-A: \(String(repeating: "a", count: 100_000))\r\n"), statuses: [431]),
        Attack(
            name: "chunk size overflow",
            bytes: post("Transfer-Encoding: chunked\r\n", length: false, body: "FFFFFFFFFFFFFFFFF\r\n"), statuses: [400]
        ),
        Attack(
            name: "bad chunk size", bytes: post("Transfer-Encoding: chunked\r\n", length: false, body: "zz\r\n"),
            statuses: [400]),
        Attack(
            name: "chunk longer than its size",
            bytes: post("Transfer-Encoding: chunked\r\n", length: false, body: "1\r\nabc\r\n0\r\n\r\n"), statuses: [400]
        ),
    ]

    @Test func ambiguousRequestsAreRefusedAndNeverForwarded() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let token = try fixture.token()
        for attack in Self.attacks {
            let client = try await fixture.connect()
            try await client.send(attack.bytes.replacing("{token}", with: token))
            guard let response = try? await client.response() else {
                Issue.record("\(attack.name): no answer; \(String(decoding: client.received, as: UTF8.self))")
                continue
            }
            #expect(attack.statuses.contains(response.status), "\(attack.name): \(response.status) \(response.text)")
            #expect(response["x-grantctl-request"] != nil, "\(attack.name)")
            #expect(response.text.contains(#""type":"error""#), "\(attack.name): \(response.text)")
            #expect(fixture.upstream.received.isEmpty, "\(attack.name)")
            await client.close()
        }
        // And it still works.
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        #expect(try await client.response().status == 200)
        await fixture.stop()
    }

    @Test func aSmuggledRequestIsNeverTakenForOne() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        // Behind an ambiguous request nothing on the connection is believed.
        let smuggled = try fixture.message()
        let attack = Self.post("Transfer-Encoding: chunked\r\n").replacing("{token}", with: try fixture.token())
        try await client.send(attack + "0\r\n\r\n" + smuggled)
        #expect(try await client.response().status == 400)
        try await client.waitForClose()
        #expect(fixture.upstream.received.isEmpty)
        await fixture.stop()
    }

    @Test func bothFieldsMayHoldTheSameToken() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let token = try fixture.token()
        for fields in ["x-api-key: \(token)\r\n", "x-api-key:\r\n"] {
            let client = try await fixture.connect()
            try await client.send(try fixture.message(token: token, extra: fields))
            #expect(try await client.response().status == 200)
            await client.close()
        }
        let client = try await fixture.connect()
        try await client.send(Self.post("", auth: "x-api-key: \(token)\r\n"))
        #expect(try await client.response().status == 200)
        #expect(fixture.upstream.received.allSatisfy { $0["x-api-key"] == GatewayFixture.secret })
        await fixture.stop()
    }

    @Test func theTextNamesTheVariableToUnset() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        try await client.send(try fixture.message(extra: "x-api-key: sk-ant-something\r\n"))
        let response = try await client.response()
        #expect(response.status == 401)
        #expect(response.text.contains("unset ANTHROPIC_API_KEY"))
        #expect(!response.text.contains("sk-ant-something"))
        await fixture.stop()
    }

    @Test func hopByHopFieldsStayBehind() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        try await client.send(
            try fixture.message(
                extra:
                    "Connection: keep-alive, X-Mine\r\nX-Mine: 1\r\nCookie: a=b\r\nProxy-Authorization: x\r\nTE: trailers\r\n"
                    + "X-HTTP-Method-Override: DELETE\r\nX-HTTP-Method: PUT\r\nX-Method-Override: PUT\r\nX-Original-URL: /a\r\n"
                    + "X-Rewrite-URL: /a\r\nX-Real-IP: 1.2.3.4\r\nContent_Type: a/b\r\nX_Forwarded_For: 1.2.3.4\r\n"
                    + "Range: bytes=0-9\r\nIf-Range: x\r\nX-Forwarded-For: 1.2.3.4\r\nForwarded: for=x\r\nAccept-Encoding: gzip\r\nKeep-Alive: 5\r\nX-Kept: y\r\n"
                    + "Via: 1.1 x\r\nTrue-Client-IP: 1.2.3.4\r\nCF-Connecting-IP: 1.2.3.4\r\nX-Remote-User: root\r\n"
                    + "X-Forwarded: for=x\r\nX-Client-Cert: x\r\nX-Envoy-Original-Path: /a\r\nRemote-User: root\r\n"
                    + "X-Auth-Request-Email: a@b\r\nX-Scheme: http\r\nX-Stainless-Lang: python\r\nX-App: cli\r\n"
            )
        )
        #expect(try await client.response().status == 200)
        let received = try await fixture.upstream.request(1)
        let names = received.headers.map { $0.name.lowercased() }
        for name in [
            "connection", "x-mine", "cookie", "proxy-authorization", "te", "x-forwarded-for", "forwarded", "keep-alive",
            "x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url",
            "x-real-ip", "content_type", "x_forwarded_for", "range", "if-range", "via", "true-client-ip",
            "cf-connecting-ip", "x-remote-user", "x-forwarded", "x-client-cert", "x-envoy-original-path", "remote-user",
            "x-auth-request-email", "x-scheme",
        ] {
            #expect(!names.contains(name), "\(name)")
        }
        #expect(received["x-kept"] == "y" && received["x-stainless-lang"] == "python" && received["x-app"] == "cli")
        #expect(received["accept-encoding"] == "identity")
        await fixture.stop()
    }

    /// Who serves a request is said by its path alone, and what the upstream is called by the table.
    @Test(arguments: [
        "gateway", "upstream.example", "127.0.0.1:1", "api.anthropic.com", "a@b", "localhost/claude2", "",
    ])
    func theHostFieldLeadsNowhere(host: String) async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        let request = try fixture.message(
            extra: "X-Forwarded-Host: \(host)\r\nX-Host: \(host)\r\nForwarded: host=\(host)\r\n")
        try await client.send(request.replacing("Host: gateway", with: "Host: \(host)"))
        #expect(try await client.response().status == 200)
        let received = try await fixture.upstream.request(1)
        #expect(received["host"] == "127.0.0.1:\(fixture.upstream.port)")
        #expect(received["x-forwarded-host"] == nil && received["forwarded"] == nil)
        #expect(received.target == "/v1/messages?beta=true")
        await fixture.stop()
    }

    @Test func aRequestMeansTheSameWhereverItIsCut() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let bytes = Array(try fixture.message().utf8)
        let client = try await fixture.connect()
        for cut in stride(from: 1, to: bytes.count, by: 7) {
            try await client.send(Array(bytes[..<cut]))
            try await client.send(Array(bytes[cut...]))
            #expect(try await client.response().status == 200, "cut at \(cut)")
        }
        for byte in bytes { try await client.send([byte]) }
        #expect(try await client.response().status == 200)
        #expect(Set(fixture.upstream.received.map(\.body)).count == 1)
        await fixture.stop()
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { request, responder in
                responder.json(String(decoding: request.body, as: UTF8.self))
            })
        let client = try await fixture.connect()
        let bodies = (1...20).map { #"{"model":"claude-sonnet-4-5","max_tokens":\#($0),"messages":[]}"# }
        try await client.send(try bodies.map { try fixture.message(body: $0) }.joined())
        for body in bodies { #expect(try await client.response().text == body) }
        await fixture.stop()
    }

    @Test func aChunkedBodyIsForwardedWhole() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        let body = Self.body
        let chunks = body.map { "1\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
        try await client.send(
            Self.post("Transfer-Encoding: chunked\r\n", length: false, body: chunks)
                .replacing("{token}", with: try fixture.token())
        )
        #expect(try await client.response().status == 200)
        let received = try await fixture.upstream.request(1)
        #expect(received.body == Array(body.utf8))
        #expect(received["content-length"] == String(body.utf8.count))
        #expect(received["transfer-encoding"] == nil)
        await fixture.stop()
    }

    @Test func aChunkedBodyBeyondTheLimitIsRefused() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), configure: { $0.limits.bodyBytes = 1_000 })
        let client = try await fixture.connect()
        let chunk = "100\r\n\(String(repeating: " ", count: 256))\r\n"
        try await client.send(
            Self.post("Transfer-Encoding: chunked\r\n", length: false, body: String(repeating: chunk, count: 5))
                .replacing("{token}", with: try fixture.token())
        )
        #expect(try await client.response().status == 413)
        #expect(fixture.upstream.received.isEmpty)
        await fixture.stop()
    }

    @Test func aClientThatAsksFirstIsToldToContinue() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        let request = try fixture.message(extra: "Expect: 100-continue\r\n")
        let head = request.components(separator: "\r\n\r\n")[0] + "\r\n\r\n"
        try await client.send(head)
        #expect(try await client.response().status == 100)
        try await client.send(String(request.dropFirst(head.count)))
        #expect(try await client.response().status == 200)
        #expect(try await fixture.upstream.request(1)["expect"] == nil)
        await fixture.stop()
    }
}
