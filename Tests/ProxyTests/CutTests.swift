import GrantModel
import NIOCore
import Testing

@testable import Proxy

/// What a new table, or time, takes away while it is under way.
@Suite struct CutTests {
    private static let other = [
        "triage": """
        to: [{issuer: corp, group: nobody}]
        can: {models: ["claude-sonnet-*"]}
        why: tests
        by: maria

        """
    ]

    private func streaming() async throws -> (GatewayFixture, RawConnection) {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.beginEvents()
                responder.event("message_start", "{}")
            })
        let client = try await fixture.connect()
        try await client.send(try fixture.message(stream: true))
        try await client.wait { bytes, _ in String(decoding: bytes, as: UTF8.self).contains("message_start") }
        return (fixture, client)
    }

    @Test func aRevocationEndsAnOpenStreamWithAnErrorEvent() async throws {
        let (fixture, client) = try await streaming()
        await fixture.gateway.publish(fixture.table(grants: Self.other))
        let response = try await client.response()
        #expect(response.isComplete)
        #expect(response.text.contains("event: error\ndata: {\"type\":\"error\""))
        #expect(response.text.contains("permission_error"))
        await fixture.stop()
    }

    @Test func aSwapThatStillAllowsDisturbsNothing() async throws {
        let (fixture, client) = try await streaming()
        for _ in 1...20 { await fixture.gateway.publish(fixture.table()) }
        #expect(!String(decoding: client.received, as: UTF8.self).contains("error"))
        #expect(!client.isClosed)
        let metrics = await fixture.gateway.metrics()
        #expect(metrics.exchangesInFlight == 1)
        await client.close()
        await fixture.stop()
    }

    @Test func anIssuersNewRuleCutsTheStreamsOfTokensThatDoNotKeepIt() async throws {
        let (fixture, client) = try await streaming()
        await fixture.gateway.publish(fixture.table(issuer: "leeway: 31s"))
        await fixture.gateway.publish(fixture.table(issuer: "require: {tenant: acme}"))
        let response = try await client.response()
        #expect(response.text.contains("event: error\ndata: {\"type\":\"error\""))
        await fixture.stop()
    }

    @Test func aGrantsEndCutsItsStreamWithinASecond() async throws {
        let (fixture, client) = try await streaming()
        // The tier lets a grant live for 90 days after its review; nothing is published any more.
        fixture.gateway.confirm(at: fixture.clock.now + .days(200))
        fixture.clock.advance(91 * 86_400)
        let response = try await client.response()
        #expect(response.text.contains("event: error"))
        await fixture.stop()
    }

    @Test func aGatewayThatLostItsRepositoryStopsInTime() async throws {
        let (fixture, client) = try await streaming()
        fixture.clock.advance(25 * 3_600)
        let response = try await client.response()
        #expect(response.text.contains("event: error"))
        await fixture.stop()
    }

    @Test func anAnswerThatHasNotBegunIsAProperRefusal() async throws {
        let fixture = try await GatewayFixture(upstream: .start { _, _ in })
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        _ = try await fixture.upstream.request(1)
        await fixture.gateway.publish(fixture.table(grants: Self.other))
        let response = try await client.response()
        #expect(response.status == 403)
        #expect(response.text.contains("permission_error"))
        await fixture.stop()
    }

    @Test func aBodyThatIsNoStreamIsTruncated() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.send(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"half\":")
            })
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        try await client.wait { bytes, _ in String(decoding: bytes, as: UTF8.self).contains("half") }
        await fixture.gateway.publish(fixture.table(grants: Self.other))
        let response = try await client.response()
        #expect(!response.isComplete)
        await fixture.stop()
    }

    @Test func withoutATableNothingIsServed() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), publishes: false)
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        let response = try await client.response()
        #expect(response.status == 503)
        await fixture.gateway.publish(fixture.table())
        fixture.gateway.confirm(at: fixture.clock.now)
        let next = try await fixture.connect()
        try await next.send(try fixture.message())
        #expect(try await next.response().status == 200)
        await fixture.stop()
    }

    @Test func tenThousandRequestsDuringAHundredSwapsAllSucceed() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), loops: 2)
        let request = try fixture.message()
        let table = fixture.table()
        let again = fixture.table(service: "unknown_fields: record")
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let client = try await fixture.connect()
                    var good = 0
                    for _ in 0..<500 {
                        try await client.send(request)
                        if try await client.response(.seconds(60)).status == 200 { good += 1 }
                    }
                    await client.close()
                    return good
                }
            }
            group.addTask {
                for swap in 0..<100 { await fixture.gateway.publish(swap % 2 == 0 ? again : table) }
                return 0
            }
            var good = 0
            for try await count in group { good += count }
            #expect(good == 10_000)
        }
        await fixture.stop()
    }
}
