import GRDB
import GrantModel
import NIOCore
import Testing

@testable import Proxy

/// Requests that take their time: what counts is the moment they would be forwarded.
@Suite struct GatewayMomentTests {
    /// Sends a header, waits until the gateway has read it, and gives back the body to be sent.
    private func begin(_ client: RawConnection, _ fixture: GatewayFixture) async throws -> String {
        let request = try fixture.message(extra: "Expect: 100-continue\r\n")
        let head = request.components(separator: "\r\n\r\n")[0] + "\r\n\r\n"
        try await client.send(head)
        #expect(try await client.response().status == 100)
        return String(request.dropFirst(head.count))
    }

    @Test func aBodyHeldBackUntilAfterTheGrantsEndIsNotForwarded() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), publishes: false)
        // The tier lets the remote be away for 24 hours; ten minutes of them are left.
        fixture.gateway.confirm(at: fixture.clock.now - Span(seconds: 24 * 3_600 - 600))
        await fixture.gateway.publish(fixture.table())
        let client = try await fixture.connect()
        let body = try await begin(client, fixture)
        fixture.clock.advance(700)
        try await client.send(body)
        let response = try await client.response()
        #expect(response.status == 403, "\(response.text)")
        #expect(fixture.upstream.received.isEmpty)
        await fixture.stop()
    }

    @Test(arguments: [(3_610, 200), (3_700, 401)] as [(Int64, Int)])
    func aTokenThatRunsOutBeforeTheBodyIsWholeCountsNoMore(seconds: Int64, status: Int) async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        let body = try await begin(client, fixture)
        fixture.clock.advance(seconds)
        try await client.send(body)
        let response = try await client.response()
        // Thirty seconds of leeway are the issuer's default.
        #expect(response.status == status, "\(response.text)")
        #expect(fixture.upstream.received.count == (status == 200 ? 1 : 0))
        await fixture.stop()
    }

    /// Keeps the record store from writing until it is let go.
    private struct Standstill {
        private let database: DatabaseQueue

        init(_ fixture: GatewayFixture) throws {
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            configuration.busyMode = .timeout(5)
            database = try DatabaseQueue(path: fixture.directory + "/records.sqlite", configuration: configuration)
            try database.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        }

        func end() throws {
            try database.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            try database.close()
        }
    }

    @Test func aDecisionThatDoesNotReachTheDiskInTimeIsNotWaitedFor() async throws {
        let fixture = try await GatewayFixture(
            upstream: .messages(), configure: { $0.timeouts.record = .milliseconds(300) }
        )
        let standstill = try Standstill(fixture)
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        let response = try await client.response()
        #expect(response.status == 503, "\(response.text)")
        try standstill.end()
        // The late word that it is on record forwards nothing, and the connection serves the next request.
        try await client.send(try fixture.message())
        _ = try await client.response()
        #expect(fixture.upstream.received.count <= 1)
        await fixture.stop()
    }

    @Test func aGrantThatEndsWhileItsDecisionIsWrittenForwardsNothing() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let standstill = try Standstill(fixture)
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        // Decided, and waiting for the disk.
        let deadline = ContinuousClock.now + .seconds(60)
        while await fixture.gateway.metrics().recordsWaiting == 0, ContinuousClock.now < deadline { await Task.yield() }
        fixture.clock.advance(25 * 3_600)
        try standstill.end()
        let response = try await client.response()
        #expect(response.status == 403, "\(response.text)")
        #expect(fixture.upstream.received.isEmpty)
        await fixture.stop()
    }
}
