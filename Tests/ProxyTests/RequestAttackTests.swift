import Demo
import Foundation
import GrantModel
import NIOCore
import NIOSSL
import Testing

@testable import Proxy

/// Every attack in the form an attacker would send it, over HTTP/1.1 and over HTTP/2, streaming and not.
@Suite struct RequestAttackTests {
    @Test func `there are enough of them and each has its own name`() {
        let names = RequestAttack.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.count + GatewayAttackTests.attacks.count >= 200)
    }

    /// The same request asking for a stream; nil for a body that is no object to add to.
    private func streamed(_ attack: RequestAttack) -> [UInt8]? {
        let start = Array(#"{"m"#.utf8)
        guard attack.body.starts(with: start) else { return nil }
        return Array(#"{"stream":true,"#.utf8) + attack.body.dropFirst()
    }

    @Test func `none of them gets through over HTTP/1.1, asked for as a stream or not`() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), grants: Self.grants)
        let token = try fixture.token()
        for attack in RequestAttack.all {
            var statuses: [Int] = []
            for body in [attack.body, streamed(attack)].compactMap({ $0 }) {
                let client = try await fixture.connect()
                var head =
                    "\(attack.method) \(attack.path) HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(token)\r\n"
                if let type = attack.contentType { head += "Content-Type: \(type)\r\n" }
                for (name, value) in attack.fields { head += "\(name): \(value)\r\n" }
                if attack.method != "GET" || !body.isEmpty { head += "Content-Length: \(body.count)\r\n" }
                try await client.send(Array((head + "\r\n").utf8) + body)
                let response = try await client.response()
                #expect(
                    attack.statuses.contains(response.status),
                    "\(attack.name): \(response.status) \(response.text)")
                #expect(response.text.contains(#""type":"error""#), "\(attack.name): \(response.text)")
                statuses.append(response.status)
                await client.close()
            }
            #expect(Set(statuses).count == 1, "\(attack.name) streamed: \(statuses)")
            #expect(fixture.upstream.received.isEmpty, "\(attack.name)")
        }
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        #expect(try await client.response().status == 200)
        await fixture.stop()
    }

    private static let grants = [
        "triage":
            "to: [{issuer: corp, group: support}]\ncan: {models: [\"claude-sonnet-*\"], max_tokens: 8192, "
            + "operations: [messages, count_tokens, models, batches.create]}\nwhy: tests\nby: maria\n"
    ]

    private func tlsFixture() async throws -> (GatewayFixture, NIOSSLContext) {
        let directory = NSTemporaryDirectory() + "grantctl-h2-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let files = try DemoAuthority().write(to: directory)
        let fixture = try await GatewayFixture(
            upstream: .messages(), grants: Self.grants,
            listeners: [
                .init(
                    endpoint: .tcp(host: "127.0.0.1", port: 0),
                    tls: .init(certificate: files.certificate, key: files.key))
            ])
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(files.authority)
        configuration.applicationProtocols = ["h2"]
        return (fixture, try NIOSSLContext(configuration: configuration))
    }

    private func answer(_ fixture: GatewayFixture, _ tls: NIOSSLContext, _ frames: [UInt8])
        async throws -> RawHTTP2.Answer
    {
        let client = try await fixture.connect(tls: tls)
        try await client.send(RawHTTP2.preface + frames)
        let bytes = try await client.wait { bytes, closed in closed || RawHTTP2.answer(bytes).isOver }
        await client.close()
        return RawHTTP2.answer(bytes)
    }

    private func head(_ attack: RequestAttack, _ token: String) -> [(String, String)] {
        var fields = [
            (":method", attack.method), (":scheme", "https"), (":authority", "g"), (":path", attack.path),
            ("authorization", "Bearer \(token)"),
        ]
        if let type = attack.contentType { fields.append(("content-type", type)) }
        return fields + attack.fields
    }

    @Test func `none of them gets through over HTTP/2`() async throws {
        let (fixture, tls) = try await tlsFixture()
        let token = try fixture.token()
        for attack in RequestAttack.all {
            let body = attack.method == "GET" && attack.body.isEmpty ? nil : attack.body
            let answer = try await answer(fixture, tls, RawHTTP2.request(head(attack, token), body: body))
            // What makes no request at all ends its stream or its connection instead.
            if !answer.wasReset {
                #expect(
                    answer.status.map { attack.statuses.contains($0) } == true, "\(attack.name): \(answer)")
                #expect(answer.text.contains(#""type":"error""#), "\(attack.name): \(answer.text)")
            }
            #expect(answer.isOver, "\(attack.name)")
            #expect(fixture.upstream.received.isEmpty, "\(attack.name)")
        }
        let good = try await answer(
            fixture, tls,
            RawHTTP2.request(head(RequestAttack("good"), token), body: Array(RequestAttack.good.utf8)))
        #expect(good.status == 200)
        #expect(fixture.upstream.received.map(\.body) == [Array(RequestAttack.good.utf8)])
        await fixture.stop()
    }

    /// What only HTTP/2 can spell.
    @Test func `frames and fields that make no request forward nothing`() async throws {
        let (fixture, tls) = try await tlsFixture()
        let token = try fixture.token()
        let usual = head(RequestAttack("usual"), token)
        let body = Array(RequestAttack.good.utf8)
        func without(_ name: String) -> [(String, String)] { usual.filter { $0.0 != name } }
        let requests: [(String, [UInt8])] = [
            (
                "transfer-encoding",
                RawHTTP2.request(usual + [("transfer-encoding", "chunked")], body: body)
            ),
            ("connection", RawHTTP2.request(usual + [("connection", "close")], body: body)),
            ("upgrade", RawHTTP2.request(usual + [("upgrade", "h2c")], body: body)),
            ("capital field", RawHTTP2.request(usual + [("X-Upper", "a")], body: body)),
            ("line end in a value", RawHTTP2.request(usual + [("x-a", "b\r\nx-api-key: c")], body: body)),
            ("NUL in a value", RawHTTP2.request(usual + [("x-a", "b\0c")], body: body)),
            ("line end in a name", RawHTTP2.request(usual + [("x-a\r\nx-b", "c")], body: body)),
            ("colon in a name", RawHTTP2.request(usual + [("x:a", "c")], body: body)),
            ("blank in a name", RawHTTP2.request(usual + [("x a", "c")], body: body)),
            ("empty name", RawHTTP2.request(usual + [("", "c")], body: body)),
            ("no path", RawHTTP2.request(without(":path"), body: body)),
            ("empty path", RawHTTP2.request([(":path", "")] + without(":path"), body: body)),
            ("no method", RawHTTP2.request(without(":method"), body: body)),
            ("no scheme", RawHTTP2.request(without(":scheme"), body: body)),
            ("two paths", RawHTTP2.request([(":path", "/claude/v1/models")] + usual, body: body)),
            ("two methods", RawHTTP2.request([(":method", "GET")] + usual, body: body)),
            ("pseudo field behind others", RawHTTP2.request(usual + [(":path", "/x")], body: body)),
            ("pseudo field of an answer", RawHTTP2.request([(":status", "200")] + usual, body: body)),
            ("pseudo field of its own", RawHTTP2.request([(":model", "x")] + usual, body: body)),
            (
                "length too long",
                RawHTTP2.request(usual + [("content-length", "\(body.count + 1)")], body: body)
            ),
            (
                "length too short",
                RawHTTP2.request(usual + [("content-length", "\(body.count - 1)")], body: body)
            ),
            (
                "two lengths",
                RawHTTP2.request(
                    usual + [("content-length", "\(body.count)"), ("content-length", "3")], body: body)
            ),
            (
                "length with a sign",
                RawHTTP2.request(usual + [("content-length", "+\(body.count)")], body: body)
            ),
            (
                "field flood",
                RawHTTP2.request(
                    usual + (0..<120).map { ("x-\($0)", String(repeating: "a", count: 100)) }, body: body)
            ),
            (
                "CONNECT",
                RawHTTP2.request([(":method", "CONNECT"), (":authority", "upstream:443")], body: nil)
            ),
            ("data on an idle stream", RawHTTP2.frame(type: 0, flags: 1, stream: 1, body)),
            ("an even stream", RawHTTP2.request(usual, body: body, stream: 2)),
            (
                "a header block that is no HPACK",
                RawHTTP2.frame(type: 1, flags: 5, stream: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
            ),
            (
                "a continuation of nothing",
                RawHTTP2.frame(type: 9, flags: 4, stream: 1, RawHTTP2.block(usual))
            ),
            (
                "a window of more than there is",
                RawHTTP2.frame(type: 8, flags: 0, stream: 0, [0x7F, 0xFF, 0xFF, 0xFF])
            ),
            (
                "a push",
                RawHTTP2.frame(type: 5, flags: 4, stream: 1, [0, 0, 0, 2] + RawHTTP2.block(usual))
            ),
            (
                "a frame of 1 MiB",
                RawHTTP2.frame(type: 0, flags: 1, stream: 1, Array(repeating: 0, count: 1 << 20))
            ),
        ]
        for (name, frames) in requests {
            let client = try await fixture.connect(tls: tls)
            try await client.send(RawHTTP2.preface + frames)
            let bytes = try await client.wait { bytes, closed in
                closed || RawHTTP2.answer(bytes).isOver || RawHTTP2.answer(bytes, stream: 2).isOver
            }
            let answer = RawHTTP2.answer(bytes)
            if let status = answer.status { #expect((400...499).contains(status), "\(name): \(answer)") }
            #expect(fixture.upstream.received.isEmpty, "\(name): \(answer)")
            await client.close()
        }
        let good = try await answer(fixture, tls, RawHTTP2.request(usual, body: body))
        #expect(good.status == 200)
        await fixture.stop()
    }
}
