import Demo
import Foundation
import GrantModel
import NIOCore
import NIOSSL
import Records
import Testing

@testable import Proxy

@Suite struct GatewayCertificateTests {
    /// A gateway on TLS that accepts certificates of an authority, and clients of it.
    private struct Setting {
        let server: DemoAuthority
        let authority: DemoAuthority
        let fixture: GatewayFixture
        let directory: String

        static let grants = [
            "workload": """
            to: [{issuer: workloads, sub: 'spiffe://acme.example/bot'}]
            can: {models: ["claude-haiku-*"]}
            why: tests
            by: maria

            """,
            "person": """
            to: [{issuer: corp, group: support}]
            can: {models: ["claude-sonnet-*"]}
            why: tests
            by: maria

            """,
        ]

        init(accepts: Bool = true) async throws {
            server = try DemoAuthority()
            authority = try DemoAuthority(commonName: "clients")
            directory = NSTemporaryDirectory() + "grantctl-mtls-" + UUID().uuidString
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let files = try server.write(to: directory)
            fixture = try await GatewayFixture(
                upstream: .messages(),
                listeners: [
                    .init(
                        endpoint: .tcp(host: "127.0.0.1", port: 0),
                        tls: .init(certificate: files.certificate, key: files.key))
                ], publishes: false)
            fixture.gateway.confirm(at: fixture.clock.now)
            if accepts { await publish() }
        }

        func publish(_ more: String = "") async {
            let pem = authority.certificatePEM.split(separator: "\n").map { "  \($0)\n" }.joined()
            await fixture.gateway.publish(
                fixture.table(
                    grants: Self.grants, files: ["identity/workloads.yaml": "kind: mtls\nca: |\n\(pem)\(more)"]))
        }

        func client(
            _ authority: DemoAuthority? = nil, uri: String = "spiffe://acme.example/bot", ends: TimeInterval = 3_600
        ) throws -> DemoAuthority.ClientIdentity {
            var subject = DemoAuthority.ClientSubject(uris: [uri])
            subject.ends = ends
            return try (authority ?? self.authority).issueClient(subject)
        }

        func connect(_ client: DemoAuthority.ClientIdentity?) async throws -> RawConnection {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(
                try NIOSSLCertificate.fromPEMBytes(Array(server.certificatePEM.utf8)))
            if let client { configuration = try client.configuration(trusting: server.certificatePEM) }
            return try await fixture.connect(tls: try NIOSSLContext(configuration: configuration))
        }

        /// A call with these header lines.
        func call(_ model: String, _ header: String = "") -> String {
            let body = #"{"model":"\#(model)","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}"#
            return "POST /claude/v1/messages HTTP/1.1\r\nHost: gateway\r\ncontent-type: application/json\r\n\(header)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }

        func stop() async {
            await fixture.stop()
            try? FileManager.default.removeItem(atPath: directory)
        }
    }

    @Test func aCertificateIsWhoSomebodyIsAndOthersGoOnWithTokens() async throws {
        let setting = try await Setting()
        let client = try await setting.connect(try setting.client())
        for header in ["", "Authorization: Bearer mtls\r\n", "x-api-key: mtls\r\n"] {
            try await client.send(setting.call("claude-haiku-4-5", header))
            let answer = try await client.response()
            #expect(answer.status == 200, "\(header)\(answer.text)")
        }
        try await client.send(setting.call("claude-sonnet-4-5"))
        #expect(try await client.response().status == 403)

        let other = try await setting.connect(nil)
        try await other.send(
            setting.call("claude-sonnet-4-5", "Authorization: Bearer \(try setting.fixture.token())\r\n"))
        #expect(try await other.response().status == 200)
        for (header, text) in [("", "no token"), ("Authorization: Bearer mtls\r\n", "no client certificate")] {
            try await other.send(setting.call("claude-haiku-4-5", header))
            let answer = try await other.response()
            #expect(answer.status == 401 && answer.text.contains(text))
        }
        let records = try RecordReader(path: setting.fixture.directory + "/records.sqlite")
            .latest(filter: RecordFilter(), limit: 10).map(\.decision)
        #expect(records.first?.subject == "spiffe://acme.example/bot" && records.first?.issuer == "workloads")
        #expect(records.suffix(2).map(\.reason) == ["no_token", "no_certificate"])
        await setting.stop()
    }

    /// The certificate may call haiku, the token sonnet. Nothing may call both, and a bad token nothing at all.
    @Test func aTokenBesideACertificateDecidesAlone() async throws {
        let setting = try await Setting()
        let client = try await setting.connect(try setting.client())
        let token = try setting.fixture.token()
        let expired = try setting.fixture.issuer.mint(
            subject: "bot", groups: ["support"], lifetime: 60, now: setting.fixture.clock.now.seconds - 600)
        let rows: [(model: String, header: String, status: Int, reason: String)] = [
            ("claude-sonnet-4-5", "Authorization: Bearer \(token)\r\n", 200, "allowed"),
            ("claude-haiku-4-5", "Authorization: Bearer \(token)\r\n", 403, "beyond_scope"),
            ("claude-haiku-4-5", "Authorization: Bearer \(expired)\r\n", 401, "expired"),
            ("claude-haiku-4-5", "Authorization: Bearer \(token)x\r\n", 401, "malformed_token"),
            ("claude-haiku-4-5", "Authorization: Bearer x\r\n", 401, "malformed_token"),
            ("claude-haiku-4-5", "Authorization: Bearer MTLS\r\n", 401, "malformed_token"),
            ("claude-haiku-4-5", "Authorization: Bearer\r\n", 401, "no_token"),
            ("claude-haiku-4-5", "Authorization: \r\n", 401, "no_token"),
            ("claude-haiku-4-5", "x-api-key:\r\n", 401, "no_token"),
            ("claude-haiku-4-5", "Authorization: Basic bXRsczo=\r\n", 401, "token_scheme"),
            ("claude-haiku-4-5", "Authorization: Bearer mtls\r\nx-api-key: \(token)\r\n", 401, "token_conflict"),
            ("claude-haiku-4-5", "", 200, "allowed"),
        ]
        for row in rows {
            try await client.send(setting.call(row.model, row.header))
            let answer = try await client.response()
            #expect(answer.status == row.status, "\(row.header): \(answer.text)")
        }
        let records = try RecordReader(path: setting.fixture.directory + "/records.sqlite")
            .latest(filter: RecordFilter(), limit: 20).map(\.decision)
        #expect(records.map(\.reason.text) == rows.map(\.reason))
        await setting.stop()
    }

    @Test func aCertificateThatDoesNotHoldEndsTheHandshake() async throws {
        let setting = try await Setting()
        let stranger = try DemoAuthority()
        for client in [
            try setting.client(stranger), try setting.client(ends: -30),
            try setting.client(uri: "spiffe://acme.example/a/../b"),
            // One of the server's own authority: that one vouches for servers, not for clients.
            try setting.client(setting.server),
        ] {
            // The handshake of TLS 1.3 is over for the client before its certificate is judged.
            let answer = try? await {
                let connection = try await setting.connect(client)
                try await connection.send(setting.call("claude-haiku-4-5"))
                return try await connection.response()
            }()
            #expect(answer == nil)
        }
        #expect(setting.fixture.upstream.received.isEmpty)
        await setting.stop()
    }

    @Test func aCertificateIsJudgedWithEveryRequest() async throws {
        let setting = try await Setting()
        let client = try await setting.connect(try setting.client(ends: 600))
        try await client.send(setting.call("claude-haiku-4-5"))
        #expect(try await client.response().status == 200)
        // Other settings of the issuer: the connection is the same.
        await setting.publish("require: {trust_domain: other.example}\n")
        try await client.send(setting.call("claude-haiku-4-5"))
        let refused = try await client.response()
        #expect(refused.status == 401 && refused.text.contains("lacks an attribute"))
        await setting.publish()
        try await client.send(setting.call("claude-haiku-4-5"))
        #expect(try await client.response().status == 200)
        setting.fixture.clock.advance(700)
        try await client.send(setting.call("claude-haiku-4-5"))
        let expired = try await client.response()
        #expect(expired.status == 401 && expired.text.contains("has expired"))
        await setting.stop()
    }

    @Test func connectionsFromBeforeHaveNoCertificateAndLaterOnesDo() async throws {
        let setting = try await Setting(accepts: false)
        await setting.fixture.gateway.publish(setting.fixture.table(grants: Setting.grants))
        let early = try await setting.connect(try setting.client())
        try await early.send(setting.call("claude-haiku-4-5"))
        #expect(try await early.response().status == 401)
        await setting.publish()
        try await early.send(setting.call("claude-haiku-4-5"))
        #expect(try await early.response().status == 401)
        let later = try await setting.connect(try setting.client())
        try await later.send(setting.call("claude-haiku-4-5"))
        #expect(try await later.response().status == 200)
        // Certificates and keys of the listener are read again, and clients are still asked.
        try setting.fixture.gateway.reloadTLS()
        let last = try await setting.connect(try setting.client())
        try await last.send(setting.call("claude-haiku-4-5"))
        #expect(try await last.response().status == 200)
        await setting.stop()
    }
}
