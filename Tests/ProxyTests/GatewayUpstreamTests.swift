import GrantModel
import NIOCore
import NIOHTTP1
import Testing

@testable import Proxy

/// What an upstream does wrong, and what a client sees of it.
@Suite struct GatewayUpstreamTests {
    @Test func anUpstreamThatIsDownIsA502InTheShapeOfTheAPI() async throws {
        let upstream = try await TestUpstream.messages()
        let fixture = try await GatewayFixture(upstream: upstream)
        await upstream.stop()
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        let response = try await client.response()
        #expect(response.status == 502)
        #expect(response.text.contains(#""type":"api_error""#))
        // The connection goes on, and so does the gateway.
        try await client.send(try fixture.message(model: "claude-opus-4-1"))
        #expect(try await client.response().status == 403)
        await fixture.stop()
    }

    @Test(arguments: [
        ("closes without a byte", ""),
        ("closes inside the header", "HTTP/1.1 200 OK\r\ncontent-"),
        ("is no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        ("has two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na"),
        (
            "has a length and a coding",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
        ),
        ("switches protocols", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
        ("says gzip and is none", "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}"),
        ("has an unknown coding", "HTTP/1.1 200 OK\r\ncontent-encoding: lzma\r\ncontent-length: 2\r\n\r\n{}"),
        ("has two codings", "HTTP/1.1 200 OK\r\ncontent-encoding: gzip, br\r\ncontent-length: 2\r\n\r\n{}"),
        (
            "has the credential in its header",
            "HTTP/1.1 200 OK\r\nx-echo: \(GatewayFixture.secret)\r\ncontent-length: 0\r\n\r\n"
        ),
    ])
    func anAnswerThatCannotBeTrustedIsA502(what: String, bytes: String) async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.send(bytes)
                responder.close()
            })
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        let response = try await client.response()
        #expect(response.status == 502, "\(what): \(response.text)")
        #expect(response.isComplete)
        #expect(!response.text.contains("SECRET"))
        await fixture.stop()
    }

    @Test(arguments: [
        ("timeout=5, max=100", 5 as Int64?), ("max=100, timeout = 7", 7), ("timeout=999999999999999999", 86_400),
        ("timeout=9223372036854775807", nil), ("timeout=-9223372036854775808", nil), ("timeout=-1", nil),
        ("timeout=", nil), ("timeout", nil), ("", nil),
    ])
    func howLongAnUpstreamKeepsItsConnectionIsADayAtMost(value: String, seconds: Int64?) throws {
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["keep-alive": value])
        #expect(
            try ResponseFields.read(head, needle: nil, into: AnswerFields(.ok, serialised: false)).get()
                .keepAliveSeconds == seconds)
    }

    @Test func anAnswerWithoutContentAnnouncesNone() throws {
        for (status, values) in [(HTTPResponseStatus.noContent, []), (.ok, ["5"]), (.notModified, ["5"])] {
            let head = HTTPResponseHead(version: .http1_1, status: status, headers: ["content-length": "5"])
            #expect(
                try ResponseFields.read(head, needle: nil, into: AnswerFields(.ok, serialised: false)).get().answer
                    .headers["content-length"] == values)
        }
    }

    @Test func aSlowUpstreamIsA504() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, _ in }, configure: { $0.timeouts.responseHead = .milliseconds(300) }
        )
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        let response = try await client.response()
        #expect(response.status == 504)
        #expect(response.text.contains("timeout_error"))
        await fixture.stop()
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"half\":",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"hal",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"hal\r\nzz\r\n",
    ])
    func aTruncatedAnswerIsSeenToBeTruncated(bytes: String) async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.send(bytes)
                responder.close()
            })
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        let response = try await client.response()
        #expect(response.status == 200 || response.status == 502)
        #expect(response.status == 502 || !response.isComplete, "\(response.text)")
        try await client.waitForClose()
        await fixture.stop()
    }

    @Test func aTruncatedStreamEndsWithAnErrorEvent() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.beginEvents()
                responder.event("message_start", "{}")
                responder.chunk("event: content_block_delta\ndata: {\"ha")
                responder.close()
            })
        let client = try await fixture.connect()
        try await client.send(try fixture.message(stream: true))
        let response = try await client.response()
        #expect(!response.isComplete)
        #expect(response.text.contains("\nevent: error\ndata: {\"type\":\"error\""))
        #expect(response.text.hasSuffix("\n\n"))
        await fixture.stop()
    }

    @Test func moreThanTheAnnouncedLengthGoesNowhere() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.send(
                    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison"
                )
            })
        let client = try await fixture.connect()
        for _ in 1...3 {
            try await client.send(try fixture.message())
            #expect(try await client.response().text == "{}")
        }
        #expect(fixture.upstream.connectionCount == 3, "a connection that said too much is not used again")
        await fixture.stop()
    }

    @Test func theCredentialNeverTravelsBackInABody() async throws {
        let secret = GatewayFixture.secret
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.beginEvents()
                responder.event("message_start", "{}")
                responder.chunk("event: x\ndata: \(secret.prefix(20))")
                responder.chunk("\(secret.dropFirst(20))\n\n")
                responder.endChunks()
            })
        let client = try await fixture.connect()
        try await client.send(try fixture.message(stream: true))
        let response = try await client.response()
        #expect(!response.text.contains(secret))
        #expect(!response.text.contains(secret.prefix(20)))
        #expect(response.text.contains("event: error"))
        await fixture.stop()
    }

    @Test func aHeadRequestHasNoBody() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        let token = try fixture.token()
        for path in ["/claude/v1/models", "/nowhere"] {
            try await client.send("HEAD \(path) HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(token)\r\n\r\n")
            let response = try await client.response(head: true)
            #expect(response.body.isEmpty)
        }
        await fixture.stop()
    }

    @Test func interimResponsesAreNotTakenForTheAnswer() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.send("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")
                responder.json("{}")
            })
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        #expect(try await client.response().status == 200)
        await fixture.stop()
    }

    @Test func connectionsToTheUpstreamAreReused() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        for _ in 1...10 {
            try await client.send(try fixture.message())
            #expect(try await client.response().status == 200)
        }
        #expect(fixture.upstream.connectionCount == 1)
        await fixture.stop()
    }

    @Test func aConnectionTheUpstreamClosedMeanwhileIsReplaced() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        for round in 1...5 {
            try await client.send(try fixture.message())
            #expect(try await client.response().status == 200, "round \(round)")
            await fixture.upstream.closeConnections()
        }
        await fixture.stop()
    }

    @Test func aRequestThatMayHaveBeenCarriedOutIsNotRepeated() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        #expect(try await client.response().status == 200)
        // The kept connection takes the request and closes without an answer.
        fixture.upstream.setScript { _, responder in responder.close() }
        try await client.send(try fixture.message())
        #expect(try await client.response().status == 502)
        #expect(fixture.upstream.received.count == 2)
        await fixture.stop()
    }

    @Test func anIdempotentRequestIsRepeatedOnceOnAFreshConnection() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        #expect(try await client.response().status == 200)
        fixture.upstream.setScript { request, responder in
            if request.connection == 0 { responder.close() } else { responder.json(#"{"data":[]}"#) }
        }
        try await client.send(
            "GET /claude/v1/models HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(try fixture.token())\r\n\r\n")
        #expect(try await client.response().status == 200)
        #expect(fixture.upstream.received.map(\.connection) == [0, 0, 1])
        await fixture.stop()
    }

    @Test func aClientThatLeavesCancelsTheUpstream() async throws {
        let closed = Signal()
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.beginEvents()
                responder.event("message_start", "{}")
                responder.isClosed.whenComplete { _ in closed.fire() }
            })
        let client = try await fixture.connect()
        try await client.send(try fixture.message(stream: true))
        try await client.wait { bytes, _ in String(decoding: bytes, as: UTF8.self).contains("message_start") }
        await client.close()
        try await closed.wait()
        await fixture.stop()
    }

    @Test func aSlowClientSlowsTheUpstreamDown() async throws {
        let sent = Counter()
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.send(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n")
                // Writes on as long as the socket takes it.
                let chunk = ByteBuffer(string: "10000\r\n\(String(repeating: "x", count: 65_536))\r\n")
                @Sendable func more() {
                    guard sent.value < 256 << 20 else { return }
                    sent.add(65_536)
                    responder.channel.writeAndFlush(chunk).whenSuccess { more() }
                }
                more()
            })
        let client = try await fixture.connect()
        try await client.setAutoRead(false)
        try await client.send(try fixture.message())
        // Once nothing moves any more, everything between the two ends is full.
        var last = -1
        while last != sent.value {
            last = sent.value
            try await Task.sleep(for: .milliseconds(300))
        }
        #expect(sent.value < 64 << 20, "\(sent.value) bytes left the upstream for a client that reads none")
        try await client.setAutoRead(true)
        try await client.wait(.seconds(60)) { bytes, _ in bytes.count > 80 << 20 }
        await client.close()
        await fixture.stop()
    }
}
