import GrantModel
import NIOCore

/// A scope table as the loops use it: with routes, and what is sent to each upstream made ready. Immutable.
final class LiveTable: Sendable {
    let table: ScopeTable
    let routes: RouteTable
    /// By index of the service in the table.
    let targets: [ServiceTarget]
    /// The distinct upstreams; `ServiceTarget.origin` is an index into this.
    let origins: [Service.Upstream]
    /// Grows with every publish; a loop never goes back.
    let sequence: Int

    init(_ table: ScopeTable, credentials: Credentials, sequence: Int) {
        self.table = table
        self.sequence = sequence
        routes = RouteTable(services: table.services)
        var origins: [Service.Upstream] = []
        var targets: [ServiceTarget] = []
        for service in table.services {
            var origin = service.upstream
            origin.path = ""
            let index = origins.firstIndex(of: origin) ?? origins.count
            if index == origins.count { origins.append(origin) }
            targets.append(ServiceTarget(service, origin: index, credentials: credentials))
        }
        self.origins = origins
        self.targets = targets
    }
}

/// What every request to one service shares.
final class ServiceTarget: Sendable {
    let service: Service
    /// An index into `LiveTable.origins`.
    let origin: Int
    /// `host: …\r\naccept-encoding: identity\r\n` and the credential's line.
    ///
    /// Holds the secret: written to upstreams, never shown.
    let ownHeaders: [UInt8]
    /// What must never travel back.
    let needle: CredentialNeedle?
    /// Its answers are looked through, so that they must come whole and plain.
    var isSearched: Bool { needle != nil || !service.protects.isEmpty }
    /// Why the credential that the service names is not sent, so that nothing is.
    let credentialFault: Credentials.Fault?

    init(_ service: Service, origin: Int, credentials: Credentials) {
        self.service = service
        self.origin = origin
        let secret: Secret?
        switch credentials.secret(for: service) {
        case .success(let found): (secret, credentialFault) = (found, nil)
        case .failure(let fault): (secret, credentialFault) = (nil, fault)
        }
        needle = secret.map(CredentialNeedle.init)
        var headers = Array("host: ".utf8)
        headers += service.upstream.hostField
        headers += Array("\r\naccept-encoding: identity\r\n".utf8)
        if let secret {
            switch service.kind {
            case .anthropic: headers += Array("x-api-key: ".utf8)
            case .http, .mcp: headers += Array("authorization: Bearer ".utf8)
            }
            headers += secret.bytes
            headers += Array("\r\n".utf8)
        }
        ownHeaders = headers
    }
}

extension Service.Upstream {
    /// The value of the `host` field: the port only where it is not the scheme's own (RFC 9110 §7.2).
    var hostField: [UInt8] {
        let isIPv6 = host.bytes.contains(UInt8(ascii: ":")) && host.bytes.first != UInt8(ascii: "[")
        var field = isIPv6 ? Array("[".utf8) + host.bytes + Array("]".utf8) : host.bytes
        if port != (tls ? 443 : 80) { field += Array(":\(port)".utf8) }
        return field
    }
}
