import GrantModel
import Testing

@testable import Proxy

@Suite struct RouteTests {
    private let table = RouteTable(services: [
        .sample(.anthropic, prefix: "/claude"),
        .sample(.http, prefix: "/tickets", path: "/api"),
        .sample(.http, prefix: "/tickets/archive", path: ""),
        .sample(.http, prefix: "/claude"),
    ])

    @Test(arguments: [
        ("/claude/v1/messages", 0, "/v1/messages"), ("/claude", 0, "/"), ("/claude/", 0, "/"),
        ("/tickets/7", 1, "/7"), ("/tickets/archive/7", 2, "/7"), ("/tickets/archived", 1, "/archived"),
        ("/tickets/archive", 2, "/"),
    ])
    func `a path belongs to the longest prefix that ends with a segment`(path: String, service: Int, rest: String) {
        #expect(table.match(ByteString(path)) == RouteTable.Match(service: service, rest: ByteString(rest)))
    }

    @Test(arguments: [
        "/", "/claud", "/claudes", "/claudes/v1", "/Claude/v1", "/v1/messages", "/x/claude", "/token", "",
    ])
    func `a path that no service has matches nothing`(path: String) {
        #expect(table.match(ByteString(path)) == nil)
    }

    @Test func `the upstream's path is the table's own and the rest`() throws {
        let match = try #require(table.match("/tickets/7/notes"))
        #expect(table.upstreamTarget(match, query: nil) == "/api/7/notes")
        #expect(table.upstreamTarget(match, query: "page=2") == "/api/7/notes?page=2")
        #expect(table.upstreamTarget(match, query: "") == "/api/7/notes?")
        let plain = try #require(table.match("/claude/v1/messages"))
        #expect(table.upstreamTarget(plain, query: "beta=true") == "/v1/messages?beta=true")
    }

    @Test func `a table without services has no paths`() {
        #expect(RouteTable(services: []).match("/") == nil)
    }
}
