import Foundation
import GrantModel
import NIOCore
import Records
import Testing

@testable import Proxy

/// What any HTTP service may answer with: encodings, downloads, lines, event streams, header fields.
@Suite struct GatewayMaskedServiceTests {
    private static let said = #"{"content":[{"type":"text","text":"a@b.io has 4111 1111 1111 1111"}]}"#
    private static let masked = #"{"content":[{"type":"text","text":"[email] has [payment_card]"}]}"#

    /// A gateway in front of a service that protects addresses and cards.
    private func fixture(_ respond: @escaping TestUpstream.Script) async throws -> GatewayFixture {
        let fixture = try await GatewayFixture(upstream: .start(respond))
        let files = [
            "services/tickets.yaml": """
            kind: http
            upstream: http://127.0.0.1:\(fixture.upstream.port)
            prefix: /tickets
            owners: [tom]
            tier: standard
            protects: [email, payment_card]

            """,
            "grants/tickets/bot.yaml":
                "to: [{issuer: corp, group: support}]\ncan: {routes: [GET /**]}\nwhy: tests\nby: maria\n",
        ]
        await fixture.gateway.publish(fixture.table(files: files))
        return fixture
    }

    private func get(_ path: String, _ fixture: GatewayFixture) throws -> String {
        "GET /tickets\(path) HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(try fixture.token())\r\n\r\n"
    }

    private func answer(_ head: String, _ body: [UInt8]) async throws -> (response: ReceivedResponse, accepts: String?)
    {
        let fixture = try await fixture { _, responder in
            responder.send(
                Array("HTTP/1.1 200 OK\r\n\(head)content-length: \(body.count)\r\n\r\n".utf8) + body)
        }
        let client = try await fixture.connect()
        try await client.send(try get("/v1/x", fixture))
        let response = try await client.response()
        let accepts = fixture.upstream.received.first?["accept-encoding"]
        await fixture.stop()
        return (response, accepts)
    }

    private func decoded(_ base64: String) throws -> [UInt8] { [UInt8](try #require(Data(base64Encoded: base64))) }

    static let encodings = [
        (
            "gzip",
            "H4sIAAAAAAACA6tWSs7PK0nNK1Gyiq5WKqksSFWyUipJrShR0oFQVkqJDkl6mfkKGYnFCiaGhoYKhiiEUm1sLQB7d7k8RQAAAA=="
        ),
        (
            "x-gzip",
            "H4sIAAAAAAACA6tWSs7PK0nNK1Gyiq5WKqksSFWyAgCQtmmOFAAAAB+LCAAAAAAAAgNTKkmtKFHSUQJTVkqJDkl6mfkKGYnFCiaGhoYKhiiEUm1sLQBSQ1TIMQAAAA=="
        ),
        ("deflate", "eJyrVkrOzytJzStRsoquViqpLEhVslIqSa0oUdKBUFZKiQ5Jepn5ChmJxQomhoaGCoYohFJtbC0AA2IUFg=="),
        ("Deflate", "q1ZKzs8rSc0rUbKKrlYqqSxIVbJSKkmtKFHSgVBWSokOSXqZ+QoZicUKJoaGhgqGKIRSbWwtAA=="),
        ("br", "G0QAECyLd8FKDi5cSUnQbEnFHwc8QqWnyNZeg4jEzCkatHYJE0tTXX3FolNAb7ABJyIl47iYXR0zaZAw4T63JCbUM8XpqEgt"),
        ("zstd", "KLUv/SBF5QEAJAN7ImNvbnRlbnQiOlt7InR5cGUiOiJ0ZXh0Iiw6ImFAYi5pbyBoYXMgNDExMSAxIn1dfQIAUU5YQ8ED"),
    ]

    @Test(arguments: encodings)
    func anEncodedAnswerIsDecodedAndMasked(coding: String, base64: String) async throws {
        let (response, accepts) = try await answer(
            "content-type: application/json\r\ncontent-encoding: \(coding)\r\netag: \"1\"\r\n", try decoded(base64))
        #expect(accepts == "identity")
        #expect(response.status == 200 && response.isComplete && response.text == Self.masked)
        #expect(response["content-encoding"] == nil && response["etag"] == nil)
    }

    @Test(arguments: encodings)
    func aDecoderTakesBytesAsTheyCome(coding: String, base64: String) throws {
        let bytes = try decoded(base64)
        for piece in [1, 2, 7, bytes.count] {
            let decoder = ContentDecoder(try #require(ContentDecoder.Coding(coding)))
            var said: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: piece) {
                let part = bytes[start..<min(bytes.count, start + piece)]
                said += Array(try decoder.decode(ByteBuffer(bytes: part)).readableBytesView)
            }
            #expect(decoder.isComplete)
            #expect(String(decoding: said, as: UTF8.self) == Self.said)
        }
        // One that lacks its end is not whole.
        let cut = ContentDecoder(try #require(ContentDecoder.Coding(coding)))
        _ = try cut.decode(ByteBuffer(bytes: bytes.dropLast(4)))
        #expect(!cut.isComplete)
    }

    @Test func aBombEndsTheAnswer() throws {
        // 64 MiB of zeros.
        let bomb = try decoded(
            "y///P/gnAOKxQCD3/o///3/wTwDEYRGA7v0f////4J8AiMMCAN37P/7//8E/ARCHBQC693/8//+DfwIgDgsAdO//+P//B/8EQBwWAOje//H//w/+CYA4LADQvf/j//8f/BMAcVgAoHv/Nw=="
        )
        let decoder = ContentDecoder(.brotli)
        #expect(throws: ContentDecoder.Fault.tooLarge) { try decoder.decode(ByteBuffer(bytes: bomb)) }
    }

    @Test func anEncodedAnswerThatBreaksOffIsNotWhole() async throws {
        let bytes = try decoded(Self.encodings[0].1)
        let (response, _) = try await answer(
            "content-type: text/plain\r\ncontent-encoding: gzip\r\n", Array(bytes.dropLast(6)))
        #expect(response.status == 502 || !response.isComplete)
    }

    @Test(arguments: [
        ("content-type: application/octet-stream\r\n", "mail a@b.io\n", "mail [email]\n"),
        ("", #"{"a":"\u0061@b.io"}"#, #"{"a":"[email]"}"#),
        (
            "content-type: application/x-ndjson\r\n", "{\"a\":\"a@b.io\"}\n{\"b\":1}\n",
            "{\"a\":\"[email]\"}\n{\"b\":1}\n"
        ),
        ("content-type: application/json\r\n", "no such user: a@b.io", "no such user: [email]"),
        ("content-type: application/json\r\n", "4111 1111 1111 1111", "[payment_card]"),
        ("content-type: text/csv\r\n", "to,n\na@b.io,1\n", "to,n\n[email],1\n"),
        ("content-type: text/html; charset=utf-8\r\n", "<b>a&#64;b.io</b>", "<b>[email]</b>"),
        ("content-type: image/svg+xml\r\n", "<svg>a@b.io</svg>", ""),
        ("content-type: application/octet-stream\r\n", "PK\u{3}\u{4}", ""),
        ("content-type: text/plain; charset=utf-16\r\n", "a", ""),
        ("content-type: application/json\r\n", #"{"a":"b"} a@b.io"#, ""),
    ])
    func aBodyIsReadAsWhatItIs(head: String, body: String, expected: String) async throws {
        let (response, _) = try await answer(head, Array(body.utf8))
        if expected.isEmpty {
            #expect(response.status == 403 || !response.isComplete, "\(head): \(response.text)")
            #expect(!response.text.contains("a@b.io"))
        } else {
            #expect(response.status == 200 && response.text == expected, "\(head): \(response.text)")
        }
    }

    @Test func fieldsAndTheReasonOfAnAnswerAreMaskedToo() async throws {
        let fixture = try await fixture { _, responder in
            responder.send(
                "HTTP/1.1 499 a@b.io\r\nx-user: a@b.io\r\nlocation: /users/a@b.io\r\ndate: Sun, 22 Nov 2026 10:00:00 GMT\r\n"
                    + "content-length: 0\r\n\r\n")
        }
        let client = try await fixture.connect()
        try await client.send(try get("/v1/x", fixture))
        let response = try await client.response()
        #expect(response.status == 499)
        #expect(response["x-user"] == "[email]" && response["location"]?.contains("a@b.io") == false)
        #expect(response["date"] == "Sun, 22 Nov 2026 10:00:00 GMT")
        #expect(!String(decoding: client.received, as: UTF8.self).contains("a@b.io"))
        await fixture.stop()
    }

    @Test func aTextThatGoesOnInTheNextEventIsOneText() async throws {
        let fixture = try await fixture { _, responder in
            responder.beginEvents()
            for piece in ["my mail is an", "a@ac", "me.example", ", thanks"] {
                responder.chunk(
                    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(piece)\"}}]}\n\n")
            }
            responder.chunk("data: [DONE]\n\n")
            responder.endChunks()
        }
        let client = try await fixture.connect()
        try await client.send(try get("/v1/x", fixture))
        let response = try await client.response()
        #expect(response.isComplete && response.text.contains("[email]") && response.text.hasSuffix("data: [DONE]\n\n"))
        #expect(
            !response.text.contains("a@ac") && !response.text.contains("acme") && !response.text.contains("me.example"))
        await fixture.stop()
    }

    @Test func whatWasMaskedIsOnRecordAlsoWhenTheClientLeaves() async throws {
        let fixture = try await fixture { _, responder in
            responder.send(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1000\r\n\r\nmail a@b.io, and ")
        }
        let client = try await fixture.connect()
        try await client.send(try get("/v1/x", fixture))
        try await client.wait { bytes, _ in String(decoding: bytes, as: UTF8.self).contains("[email]") }
        await client.close()
        await fixture.gateway.drain()
        fixture.records.close()
        let reader = try RecordReader(path: fixture.directory + "/records.sqlite")
        let all = try reader.latest(filter: RecordFilter(), limit: 10)
        let note = try #require(all.first { $0.decision.reason == "masked" })
        #expect(note.decision.facts.text.contains(#"{"class":"email","count":1,"at":[5]}"#))
        await fixture.stop()
    }
}
