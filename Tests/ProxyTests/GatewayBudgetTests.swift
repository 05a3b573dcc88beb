import Demo
import GrantModel
import NIOCore
import Testing

@testable import Proxy

/// What one caller can take from the others.
@Suite struct GatewayBudgetTests {
    private func head(_ token: String, _ fields: String) -> String {
        "POST /claude/v1/messages HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(token)\r\n"
            + "Content-Type: application/json\r\n\(fields)\r\n"
    }

    private func body(_ count: Int) -> String {
        let start = #"{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[{"role":"user","content":""#
        let end = #""}]}"#
        return start + String(repeating: "x", count: max(0, count - start.utf8.count - end.utf8.count)) + end
    }

    @Test(arguments: [
        "Content-Length: 1000000\r\n", "Content-Length: 1000000\r\nExpect: 100-continue\r\n",
        "Transfer-Encoding: chunked\r\n",
    ])
    func nothingIsHeldForACallerWhomNoGrantNames(fields: String) async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        let isChunked = fields.contains("chunked")
        let part = isChunked ? "11800\r\n\(String(repeating: " ", count: 0x11800))\r\n" : ""
        try await client.send(head(try fixture.token(groups: ["nobody"]), fields) + part)
        let response = try await client.response()
        #expect(response.status == 403, "\(response.text)")
        await client.close()

        // One that a grant names may take its time.
        let other = try await fixture.connect()
        let whole = body(1_000_000)
        try await other.send(head(try fixture.token(), "Content-Length: 1000000\r\n") + whole.prefix(500_000))
        try await other.send(String(whole.dropFirst(500_000)))
        #expect(try await other.response().status == 200)
        await fixture.stop()
    }

    @Test func aCallerWithManyUnfinishedBodiesIsRefusedAndOthersAreNot() async throws {
        let fixture = try await GatewayFixture(
            upstream: .messages(),
            configure: {
                $0.limits.bodyBytes = 1 << 20
                $0.limits.bufferedBytesPerLoop = 8 << 20
            })
        let bot = try fixture.token()
        let whole = body(900_000)
        let first = try await fixture.connect()
        try await first.send(head(bot, "Content-Length: 900000\r\n") + whole.prefix(800_000))
        // Once all of it is held; a part of it might itself find no room beside another body.
        let deadline = ContinuousClock.now + .seconds(60)
        while await fixture.gateway.metrics().bufferedBytes < 800_000, ContinuousClock.now < deadline {
            await Task.yield()
        }
        let second = body(400_000)
        let refusing = try await fixture.connect()
        try await refusing.send(head(bot, "Content-Length: 400000\r\n") + second)
        let refused = try await refusing.response()
        #expect(refused.status == 429 && refused["retry-after"] == "2", "\(refused.text)")
        #expect(refused.text.contains("rate_limit_error") && refused.text.contains("too many of your request bodies"))
        await refusing.close()

        let other = try fixture.issuer.mint(subject: "other", groups: ["support"], lifetime: 3_600)
        let client = try await fixture.connect()
        try await client.send(head(other, "Content-Length: 400000\r\n") + second)
        #expect(try await client.response().status == 200)

        // What was begun within the share is served, and gives it back.
        try await first.send(String(whole.dropFirst(800_000)))
        #expect(try await first.response().status == 200)
        for _ in 1...3 {
            try await first.send(head(bot, "Content-Length: 900000\r\n") + whole)
            #expect(try await first.response().status == 200)
        }
        #expect(await fixture.gateway.metrics().bufferedBytes == 0)
        await fixture.stop()
    }

    @Test func whatAllCallersHoldHasAnEndAsWell() async throws {
        let fixture = try await GatewayFixture(
            upstream: .messages(),
            configure: {
                $0.limits.bodyBytes = 1 << 20
                $0.limits.bufferedBytesPerLoop = 2 << 20
            })
        var held: [RawConnection] = []
        for name in ["a", "b"] {
            let token = try fixture.issuer.mint(subject: name, groups: ["support"], lifetime: 3_600)
            let client = try await fixture.connect()
            try await client.send(head(token, "Content-Length: 1000000\r\n") + body(1_000_000).prefix(900_000))
            held.append(client)
        }
        let deadline = ContinuousClock.now + .seconds(60)
        while await fixture.gateway.metrics().bufferedBytes < 1_800_000, ContinuousClock.now < deadline {
            await Task.yield()
        }
        let token = try fixture.issuer.mint(subject: "c", groups: ["support"], lifetime: 3_600)
        let client = try await fixture.connect()
        try await client.send(head(token, "Content-Length: 400000\r\n") + body(400_000))
        let refused = try await client.response()
        #expect(refused.status == 503 && refused["retry-after"] == "2", "\(refused.text)")
        #expect(refused.text.contains("too many request bodies are under way"))
        await client.close()
        // Bodies that are given up make room.
        for each in held { try await each.reset() }
        while await fixture.gateway.metrics().bufferedBytes > 0, ContinuousClock.now < deadline { await Task.yield() }
        let again = try await fixture.connect()
        try await again.send(head(token, "Content-Length: 400000\r\n") + body(400_000))
        #expect(try await again.response().status == 200)
        await fixture.stop()
    }
}
