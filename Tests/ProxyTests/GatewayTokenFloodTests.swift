import Demo
import Foundation
import GrantModel
import Testing

@testable import Proxy

@Suite struct GatewayTokenFloodTests {
    /// Room for two, both taken; then more made-up tokens than there is room for anything.
    @Test func madeUpTokensDriveOutNobodyAndAreRememberedNowhere() async throws {
        let fixture = try await GatewayFixture(upstream: .messages(), configure: { $0.limits.rememberedTokens = 2 })
        let client = try await fixture.connect()
        let good = [try fixture.token(), try fixture.token(groups: ["support", "other"])]
        for token in good {
            try await client.send(try fixture.message(token: token))
            #expect(try await client.response().status == 200)
        }
        let parts = good[0].split(separator: ".")
        for index in 0..<60 {
            let other = try fixture.issuer.mint(subject: "made-up-\(index)", groups: ["support"], lifetime: 600)
            let made = (other.split(separator: ".").prefix(2) + parts.suffix(1)).joined(separator: ".")
            try await client.send(try fixture.message(token: made))
            #expect(try await client.response().status == 401)
        }
        let before = await fixture.gateway.metrics()
        for token in good {
            try await client.send(try fixture.message(token: token))
            #expect(try await client.response().status == 200)
        }
        let after = await fixture.gateway.metrics()
        #expect(after.tokenCacheHits - before.tokenCacheHits == 2)
        #expect(after.tokenCacheMisses == before.tokenCacheMisses)
        // Each cost its verification once and nothing of it is left: the same one again is verified again.
        #expect(before.tokenCacheMisses == 62)
        await fixture.stop()
    }
}
