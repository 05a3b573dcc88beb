/// What one grant gives everybody it names.
package struct AccessRule: Hashable, Sendable {
    /// The grant's id.
    package var grant: ByteString
    package var service: ByteString
    package var can: Scope
    /// Classes of protected data received unmasked.
    package var see: [ByteString]
    /// The first moment not covered.
    package var notAfter: Instant

    package init(grant: ByteString, service: ByteString, can: Scope, see: [ByteString], notAfter: Instant) {
        self.grant = grant
        self.service = service
        self.can = can
        self.see = see
        self.notAfter = notAfter
    }

    /// What this rule gives and `other` does not; empty exactly when whatever this one allows, the other one allows as long.
    package func beyond(_ other: AccessRule) -> [Capability] {
        var found = can.beyond(other.can)
        found += see.filter { !other.see.contains($0) }.map { .see($0) }
        if notAfter > other.notAfter { found.append(.until(notAfter, from: other.notAfter)) }
        return found
    }

    /// All that it gives, its end apart.
    package var capabilities: [Capability] { can.capabilities + see.map { .see($0) } }
}

extension CallerCondition {
    /// Somebody who is nothing but what the condition asks for. Whatever names this caller names everybody whom the
    /// condition names.
    package var caller: Caller {
        Caller(
            issuer: issuer, subject: subject ?? "", email: email, groups: group.map { [$0] } ?? [],
            roles: role.map { [$0] } ?? [], claims: claims)
    }

    /// `issuer corp, group support-agents, role triage`
    package var text: String {
        var parts = ["issuer \(Quoted.plain(issuer))"]
        func add(_ name: String, _ value: ByteString?) {
            if let value { parts.append("\(name) \(Quoted.plain(value))") }
        }
        add("sub", subject)
        add("email", email)
        add("group", group)
        add("role", role)
        for (name, value) in claims.sorted(by: { $0.key < $1.key }) { add(Quoted.plain(name), value) }
        return parts.joined(separator: ", ")
    }

    /// For a fixed order of conditions.
    var sortKey: [ByteString] {
        [issuer, subject ?? "", email ?? "", group ?? "", role ?? ""]
            + claims.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    }
}
