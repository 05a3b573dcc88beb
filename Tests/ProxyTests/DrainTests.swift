import GrantModel
import NIOCore
import Testing

@testable import Proxy

@Suite struct DrainTests {
    @Test func aDrainWaitsForWhatIsUnderWayAndTakesNothingNew() async throws {
        let release = Signal()
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.beginEvents()
                responder.event("message_start", "{}")
                Task {
                    try? await release.wait()
                    responder.event("message_stop", "{}")
                    responder.endChunks()
                }
            })
        let address = try fixture.address
        let idle = try await fixture.connect()
        let client = try await fixture.connect()
        try await client.send(try fixture.message(stream: true))
        try await client.wait { bytes, _ in String(decoding: bytes, as: UTF8.self).contains("message_start") }
        let drain = Task { await fixture.gateway.drain() }
        try await idle.waitForClose()
        await #expect(throws: (any Error).self) { try await RawConnection.connect(address) }
        release.fire()
        let response = try await client.response()
        #expect(response.isComplete)
        #expect(response.text.contains("message_stop"))
        try await client.waitForClose()
        await drain.value
        await fixture.stop()
    }

    @Test func aDrainCutsWhatTakesTooLong() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.beginEvents()
                responder.event("message_start", "{}")
            }, configure: { $0.drain = Span(seconds: 1) }
        )
        let client = try await fixture.connect()
        try await client.send(try fixture.message(stream: true))
        try await client.wait { bytes, _ in String(decoding: bytes, as: UTF8.self).contains("message_start") }
        await fixture.gateway.drain()
        try await client.waitForClose()
        await fixture.stop()
    }
}
