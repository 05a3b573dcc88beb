import GrantModel

/// Which service a path belongs to, by exact prefixes on raw bytes.
package struct RouteTable: Sendable {
    /// Where a request goes.
    package struct Match: Sendable, Hashable {
        /// An index into the services the table was built from.
        package var service: Int
        /// The path below the service's prefix; starts with `/`.
        package var rest: ByteString

        package init(service: Int, rest: ByteString) {
            self.service = service
            self.rest = rest
        }
    }

    private struct Route: Sendable {
        var prefix: [UInt8]
        var service: Int
    }

    /// Longest prefix first, so that `/a/b` wins over `/a`.
    private let routes: [Route]
    private let upstreams: [Service.Upstream]

    /// - Parameter services: in the order of `ScopeTable.services`. Of two with one prefix the first counts.
    package init(services: [Service]) {
        routes = services.enumerated()
            .map { Route(prefix: $0.element.prefix.bytes, service: $0.offset) }
            .sorted { ($1.prefix.count, $0.service) < ($0.prefix.count, $1.service) }
        upstreams = services.map(\.upstream)
    }

    /// - Parameter path: of a `RequestTarget`.
    /// - Returns: nil when no service's prefix ends at a segment boundary of the path.
    package func match(_ path: ByteString) -> Match? {
        for route in routes where path.bytes.starts(with: route.prefix) {
            let rest = path.bytes[route.prefix.count...]
            if rest.isEmpty { return Match(service: route.service, rest: "/") }
            if rest.first == UInt8(ascii: "/") { return Match(service: route.service, rest: ByteString(Array(rest))) }
        }
        return nil
    }

    /// The target to ask the service's upstream for; made from the table and never from what a client calls a path.
    package func upstreamTarget(_ match: Match, query: ByteString?) -> ByteString {
        var target = upstreams.indices.contains(match.service) ? upstreams[match.service].path.bytes : []
        target.reserveCapacity(target.count + match.rest.count + (query?.count ?? 0) + 1)
        target.append(contentsOf: match.rest.bytes)
        if let query {
            target.append(UInt8(ascii: "?"))
            target.append(contentsOf: query.bytes)
        }
        return ByteString(target)
    }

    /// The fault of a path that no service has.
    package static let unknownPath = RequestFault(
        status: 404, reason: "unknown_path",
        message: "no service is served at this path; check the base URL of your client"
    )
}
