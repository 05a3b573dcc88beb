import GrantModel
import NIOCore
import Testing

@testable import Proxy

@Suite struct GatewayCredentialTests {
    private func service(_ url: ByteString, credential: ByteString? = "key") throws -> Service {
        Service(
            name: "s", kind: .http, upstream: try #require(Service.Upstream(url: url)), credential: credential,
            prefix: "/s", owners: ["tom"], tier: "standard"
        )
    }

    private func reason(_ credentials: Credentials, _ service: Service) -> String {
        switch credentials.secret(for: service) {
        case .success(let secret): secret == nil ? "none" : "sent"
        case .failure(let fault): fault.rawValue
        }
    }

    @Test(
        arguments: [
            ("https://api.example.com", "sent"), ("http://127.0.0.1:8080", "sent"), ("http://127.200.3.4", "sent"),
            ("http://localhost:8080/v1", "sent"), ("http://[::1]:8080", "sent"),
            ("http://api.example.com", "credential_needs_tls"), ("http://10.0.0.1", "credential_needs_tls"),
            ("http://127.0.0.1.example.com", "credential_needs_tls"), ("http://127.1", "credential_needs_tls"),
            ("http://localhost.example.com", "credential_needs_tls"), ("http://128.0.0.1", "credential_needs_tls"),
            ("http://0.0.0.0", "credential_needs_tls"), ("http://[::]", "credential_needs_tls"),
        ] as [(ByteString, String)])
    func aCredentialLeavesTheMachineOverTLSOnly(url: ByteString, expected: String) throws {
        let credentials = Credentials(["key": Secret([1])])
        #expect(reason(credentials, try service(url)) == expected)
    }

    @Test(
        arguments: [
            ("https://api.example.com", "sent"), ("https://api.example.com:443/v1", "sent"),
            ("https://API.example.com", "sent"), ("https://api.example.com:8443", "credential_not_for_this_origin"),
            ("https://evil.example.com", "credential_not_for_this_origin"),
            ("https://api.example.com.evil.example", "credential_not_for_this_origin"),
            ("http://localhost:443", "credential_not_for_this_origin"),
        ] as [(ByteString, String)])
    func aCredentialGoesWhereItsOperatorSaid(url: ByteString, expected: String) throws {
        let origin = try #require(Service.Upstream(url: "https://api.example.com"))
        let credentials = Credentials(["key": Secret([1]), "free": Secret([2])], origins: ["key": [origin]])
        #expect(reason(credentials, try service(url)) == expected)
        #expect(reason(credentials, try service(url, credential: "free")) == "sent")
        #expect(reason(credentials, try service(url, credential: "other")) == "no_credential")
        #expect(reason(credentials, try service(url, credential: nil)) == "none")
    }

    @Test func aServiceMovedToAnotherOriginIsRefusedAndNothingSent() async throws {
        let elsewhere = try #require(Service.Upstream(url: "https://api.example.com"))
        let fixture = try await GatewayFixture(
            upstream: .messages(), configure: { $0.credentialOrigins = ["anthropic": [elsewhere]] }
        )
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        let response = try await client.response()
        #expect(response.status == 503)
        #expect(response.text.contains("operator"), "\(response.text)")
        #expect(fixture.upstream.received.isEmpty)

        // The operator allows it, and has the gateway read its configuration again.
        let here = Service.Upstream(tls: false, host: "127.0.0.1", port: fixture.upstream.port)
        await fixture.gateway.replace(
            credentials: ["anthropic": Secret(Array(GatewayFixture.secret.utf8))], origins: ["anthropic": [here]]
        )
        await client.close()
        let again = try await fixture.connect()
        try await again.send(try fixture.message())
        #expect(try await again.response().status == 200)
        await fixture.stop()
    }
}
