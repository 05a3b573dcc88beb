/// `grants/SERVICE/…/NAME.yaml`: who may do what on a service, why, until when.
package struct Grant: Hashable, Sendable, Codable {
    package enum Beyond: String, Sendable, CaseIterable, Codable {
        case deny
        /// Hold what goes beyond the scope for just-in-time approval.
        case pause
    }

    /// The path below `grants/` without `.yaml`.
    package var id: ByteString
    /// The first folder of the id.
    package var service: ByteString
    /// Any of these callers.
    package var to: [CallerCondition]
    package var can: Scope
    /// Classes of protected data received unmasked.
    package var see: [ByteString]
    package var beyond: Beyond
    package var why: String
    /// The accountable human, a name in `people/`.
    package var by: ByteString
    /// The first moment not covered.
    package var until: Instant?

    package init(
        id: ByteString, service: ByteString, to: [CallerCondition], can: Scope, see: [ByteString] = [],
        beyond: Beyond = .deny, why: String, by: ByteString, until: Instant? = nil
    ) {
        self.id = id
        self.service = service
        self.to = to
        self.can = can
        self.see = see
        self.beyond = beyond
        self.why = why
        self.by = by
        self.until = until
    }
}

/// One entry of `to`: every condition given must hold.
package struct CallerCondition: Hashable, Sendable, Codable {
    /// A name in `identity/`.
    package var issuer: ByteString
    package var subject: ByteString?
    package var email: ByteString?
    package var group: ByteString?
    package var role: ByteString?
    /// Claim name, as `Caller.claims` spells it, to the exact value.
    package var claims: [ByteString: ByteString]

    package init(
        issuer: ByteString, subject: ByteString? = nil, email: ByteString? = nil, group: ByteString? = nil,
        role: ByteString? = nil, claims: [ByteString: ByteString] = [:]
    ) {
        self.issuer = issuer
        self.subject = subject
        self.email = email
        self.group = group
        self.role = role
        self.claims = claims
    }
}

/// `denied/NAME.yaml`: stop now.
package struct Denial: Hashable, Sendable, Codable {
    package var name: ByteString
    /// An issuer alone is allowed here.
    package var to: [CallerCondition]
    /// Grant ids.
    package var grants: [ByteString]
    package var why: String

    package init(name: ByteString, to: [CallerCondition], grants: [ByteString], why: String) {
        self.name = name
        self.to = to
        self.grants = grants
        self.why = why
    }
}
