import GrantModel
import Testing

@testable import Proxy

/// What the API has nothing for, answered as the API answers it.
@Suite struct GatewayEndpointTests {
    private static let cases: [(request: String, status: Int, says: String)] = [
        ("HEAD /claude", 404, ""), ("HEAD /claude/", 404, ""), ("GET /claude/", 404, "not_found_error"),
        ("GET /claude/v1/nothing", 404, "not_found_error"), ("GET /claude/robots.txt", 404, "not_found_error"),
        ("POST /claude/v2/messages", 404, "not_found_error"), ("HEAD /claude/v1/messages", 405, ""),
        ("GET /claude/v1/messages", 405, "invalid_request_error"),
        ("PUT /claude/v1/models", 405, "this path takes GET, HEAD"),
        ("HEAD /elsewhere", 404, ""), ("GET /", 404, "not_found_error"),
    ]

    @Test func `whoever asks, at once, without a body, and the connection goes on`() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        for token in ["", "Authorization: Bearer nonsense\r\n", "Authorization: Bearer \(try fixture.token())\r\n"] {
            for (request, status, says) in Self.cases {
                let client = try await fixture.connect()
                let isHead = request.hasPrefix("HEAD")
                for _ in 1...2 where !client.isClosed {
                    try await client.send("\(request) HTTP/1.1\r\nHost: g\r\n\(token)\r\n")
                    let response = try await client.response(head: isHead)
                    #expect(response.status == status, "\(request): \(response.text)")
                    #expect(response.text.contains(says) && response["x-grantctl-request"] != nil, "\(request)")
                    #expect((response["allow"] != nil) == (status == 405), "\(request)")
                    if request.contains("/claude/") { #expect(response["connection"] != "close", "\(request)") }
                }
                await client.close()
            }
        }
        // A body that is announced is not waited for.
        let client = try await fixture.connect()
        try await client.send(
            "POST /claude/v1/nothing HTTP/1.1\r\nHost: g\r\nContent-Length: 30000000\r\n\r\n")
        #expect(try await client.response().status == 404)
        #expect(fixture.upstream.received.isEmpty)
        await fixture.stop()
    }

    @Test func `a service that observes asks the upstream`() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), service: "mode: observe")
        let client = try await fixture.connect()
        try await client.send("GET /claude/v1/nothing HTTP/1.1\r\nHost: g\r\n\r\n")
        #expect(try await client.response().status == 401)
        try await client.send(
            "GET /claude/v1/nothing HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(try fixture.token())\r\n\r\n")
        #expect(try await client.response().status == 200)
        #expect(fixture.upstream.received.map(\.target) == ["/v1/nothing"])
        await fixture.stop()
    }
}
