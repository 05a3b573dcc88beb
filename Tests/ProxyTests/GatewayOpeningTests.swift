import Demo
import Foundation
import GrantModel
import NIOCore
import NIOSSL
import Testing

@testable import Proxy

/// Connections that never become what they began as.
@Suite struct GatewayOpeningTests {
    private func fixture(
        _ configure: (inout GatewayConfiguration) -> Void = { _ in }
    ) async throws -> (GatewayFixture, NIOSSLContext) {
        let directory = NSTemporaryDirectory() + "grantctl-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let files = try DemoAuthority().write(to: directory)
        let fixture = try await GatewayFixture(
            upstream: .messages(),
            listeners: [
                .init(
                    endpoint: .tcp(host: "127.0.0.1", port: 0),
                    tls: .init(certificate: files.certificate, key: files.key)
                )
            ], configure: configure
        )
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(files.authority)
        tls.certificateVerification = .noHostnameVerification
        tls.applicationProtocols = ["h2"]
        return (fixture, try NIOSSLContext(configuration: tls))
    }

    /// A frame (RFC 9113 §4.1).
    private static func frame(_ type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
        let length: [UInt8] = [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        let rest: [UInt8] = [type, flags, 0, 0, 0, stream]
        return length + rest + payload
    }

    /// A header block of literal fields without indexing (RFC 7541 §6.2.2); everything is shorter than 127 bytes.
    private static func headers(_ fields: [(String, String)]) -> [UInt8] {
        var block: [UInt8] = []
        for (name, value) in fields {
            block.append(0)
            for text in [name, value] {
                block.append(UInt8(text.utf8.count))
                block.append(contentsOf: text.utf8)
            }
        }
        return block
    }

    private static func frames(_ bytes: [UInt8]) -> [(type: UInt8, stream: UInt8)] {
        var frames: [(type: UInt8, stream: UInt8)] = []
        var start = 0
        while start + 9 <= bytes.count {
            frames.append((bytes[start + 3], bytes[start + 8]))
            let length = bytes[start..<start + 3].reduce(0) { $0 << 8 | Int($1) }
            start += 9 + length
        }
        return frames
    }

    private static let greeting = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, flags: 0, stream: 0)

    @Test(arguments: [
        [(":method", "POST"), (":scheme", "https"), (":path", "/claude/v1/messages")],
        [(":method", "CONNECT"), (":authority", "x")],
        [(":method", "GET"), (":scheme", "https"), (":authority", "x")],
    ])
    func aHeaderThatMakesNoRequestEndsItsStreamAlone(fields: [(String, String)]) async throws {
        let (fixture, tls) = try await fixture()
        for flags in [4, 5] as [UInt8] {
            let client = try await fixture.connect(tls: tls)
            try await client.send(Self.greeting + Self.frame(1, flags: flags, stream: 1, Self.headers(fields)))
            try await client.wait { bytes, closed in
                closed || Self.frames(bytes).contains { $0.type == 3 && $0.stream == 1 }
            }
            #expect(!client.isClosed)
            // The connection serves its other streams.
            let good = [(":method", "GET"), (":scheme", "https"), (":authority", "x"), (":path", "/nowhere")]
            try await client.send(Self.frame(1, flags: 5, stream: 3, Self.headers(good)))
            try await client.wait { bytes, closed in
                closed || Self.frames(bytes).contains { $0.type == 1 && $0.stream == 3 }
            }
            #expect(!client.isClosed)
            await client.close()
        }
        await fixture.stop()
    }

    @Test func aHandshakeThatDoesNotComeAboutIsGivenUp() async throws {
        let (fixture, tls) = try await fixture { $0.timeouts.head = .seconds(1) }
        let silent = try await fixture.connect()
        let begun = try await fixture.connect()
        // On a slow machine the gateway may be first to lose its patience.
        try? await begun.send([0x16, 3, 1, 2, 0])
        let streamless = try await fixture.connect(tls: tls)
        try? await streamless.send(Self.greeting)
        for client in [silent, begun, streamless] { try await client.waitForClose() }
        // A client may learn of the end before the gateway has counted it.
        let deadline = ContinuousClock.now + .seconds(60)
        while await fixture.gateway.metrics().openConnections > 0, ContinuousClock.now < deadline {
            await Task.yield()
        }
        #expect(await fixture.gateway.metrics().openConnections == 0)
        await fixture.stop()
    }

    @Test func aDrainDoesNotWaitForHandshakes() async throws {
        let (fixture, _) = try await fixture { $0.drain = Span(seconds: 60) }
        let client = try await fixture.connect()
        let deadline = ContinuousClock.now + .seconds(60)
        while await fixture.gateway.metrics().openConnections == 0, ContinuousClock.now < deadline {
            await Task.yield()
        }
        let start = ContinuousClock.now
        await fixture.gateway.drain()
        #expect(ContinuousClock.now - start < .seconds(50))
        try await client.waitForClose()
        await fixture.stop()
    }
}
