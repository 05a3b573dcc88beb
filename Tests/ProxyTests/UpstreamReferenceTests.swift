import GrantModel
import Testing

@testable import Proxy

/// Addresses in an upstream's header.
@Suite struct UpstreamReferenceTests {
    private let reference = UpstreamReference(
        upstream: Service.Upstream(tls: true, host: "api.example", port: 443, path: "/v1"),
        base: Array("https://gateway:8443/tickets".utf8))

    @Test(arguments: [
        ("https://api.example/v1/a?b=c#d", "https://gateway:8443/tickets/a?b=c#d"),
        ("https://API.example:443/v1/a", "https://gateway:8443/tickets/a"),
        ("HTTPS://api.example/v1", "https://gateway:8443/tickets"),
        ("//api.example/v1/a", "https://gateway:8443/tickets/a"), ("/v1/a", "https://gateway:8443/tickets/a"),
        ("/v1?page=2", "https://gateway:8443/tickets?page=2"),
    ])
    func theUpstreamsOwnBecomeTheGateways(given: String, expected: String) {
        #expect(reference.rewritten(given) == expected)
    }

    @Test(arguments: [
        "https://evil.example/v1/a", "//evil.example/v1/a", "http://api.example/v1/a", "https://api.example:8443/v1/a",
        "https://user@api.example/v1/a", "https://api.example.evil/v1/a", "https://api.example/v2/a", "/v10/a", "/a",
        "",
        "a", "../a", "?a", "#a", "javascript:alert(1)", "data:text/html,x", "https:api.example/v1",
        "https:/api.example/v1",
        "https:///v1/a", "/\\evil.example/v1", "/v1/../../x", "/v1/%2e%2E/x", "/v1/./x", "/v1/a b", "/v1/a\u{7F}",
        "https://[::1]/v1", "https://api.example:/v1/a", "https://api.example:443:443/v1/a", "ftp://api.example/v1/a",
    ])
    func whatLeadsElsewhereIsNotFollowed(given: String) {
        #expect(reference.rewritten(given) == nil)
    }

    @Test(arguments: ["Location", "content-location"])
    func aClientIsLedThroughTheGateway(name: String) async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { received, responder in
                let target = received.target.contains("evil") ? "https://evil.example/x" : "/v1/models/next?a=b"
                responder.send(
                    "HTTP/1.1 307 Temporary Redirect\r\n\(name): \(target)\r\nRefresh: 0; url=\(target)\r\ncontent-length: 0\r\n\r\n"
                )
            })
        let client = try await fixture.connect()
        let token = try fixture.token()
        func ask(_ path: String) async throws -> String? {
            try await client.send("GET \(path) HTTP/1.1\r\nHost: gw:1\r\nAuthorization: Bearer \(token)\r\n\r\n")
            let response = try await client.response()
            #expect(response.status == 307 && response["refresh"] == nil)
            return response[name.lowercased()]
        }
        #expect(try await ask("/claude/v1/models/claude-sonnet-plain") == "http://gw:1/claude/v1/models/next?a=b")
        #expect(try await ask("/claude/v1/models/claude-sonnet-evil") == nil)
        await fixture.stop()
    }
}
