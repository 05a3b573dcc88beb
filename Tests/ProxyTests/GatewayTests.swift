import Foundation
import GrantModel
import Records
import Testing

@testable import Proxy

@Suite struct GatewayTests {
    @Test func anAllowedRequestReachesTheUpstreamUntouchedAndItsAnswerComesBack() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        let token = try fixture.token()
        let body =
            "{ \"model\" : \"claude-sonnet-4-5\",\n \"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":\"h\\u00e9\"}]}"
        try await client.send(
            try fixture.message(
                token: token, extra: "X-Custom: a  b\r\nanthropic-beta: effort-2025-11-24,pdfs\r\n", body: body))
        let response = try await client.response()
        #expect(response.status == 200)
        #expect(response.text == #"{"type":"message","usage":{"input_tokens":3,"output_tokens":5}}"#)
        #expect(response["x-grantctl-request"]?.count == RecordID.textLength)

        let received = try await fixture.upstream.request(1)
        #expect(received.target == "/v1/messages?beta=true")
        #expect(received.body == Array(body.utf8))
        #expect(received["x-api-key"] == GatewayFixture.secret)
        #expect(received["authorization"] == nil)
        #expect(received["x-custom"] == "a  b")
        #expect(received["anthropic-beta"] == "effort-2025-11-24,pdfs")
        #expect(received["host"] == "127.0.0.1:\(fixture.upstream.port)")
        #expect(received["accept-encoding"] == "identity")
        #expect(received.headers.allSatisfy { !$0.value.contains(token) })
        await fixture.stop()
    }

    @Test func aRefusalSaysWhyAndForwardsNothing() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        try await client.send(try fixture.message(model: "claude-opus-4-1"))
        let response = try await client.response()
        #expect(response.status == 403)
        #expect(response["x-should-retry"] == "false")
        #expect(response.text.contains("permission_error"))
        #expect(response.text.contains("claude-opus-4-1"))
        #expect(response.text.contains("dlp_request_denied"))
        // The connection goes on.
        try await client.send(try fixture.message())
        #expect(try await client.response().status == 200)
        #expect(fixture.upstream.received.count == 1)
        await fixture.stop()
    }
}
