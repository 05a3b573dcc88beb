/// Who is calling, as a verified token says. Never made from anything unverified.
package struct Caller: Hashable, Sendable {
    /// A name in `identity/`.
    package var issuer: ByteString
    package var subject: ByteString
    /// Absent when the issuer says it is unverified.
    package var email: ByteString?
    package var groups: [ByteString]
    package var roles: [ByteString]
    /// Every text claim of the token by name, and by dotted path where it lies inside objects.
    package var claims: [ByteString: ByteString]
    /// The first moment at which the token is no longer valid, leeway not included.
    package var expires: Instant

    package init(
        issuer: ByteString, subject: ByteString, email: ByteString? = nil, groups: [ByteString] = [],
        roles: [ByteString] = [], claims: [ByteString: ByteString] = [:], expires: Instant = .distantFuture
    ) {
        self.issuer = issuer
        self.subject = subject
        self.email = email
        self.groups = groups
        self.roles = roles
        self.claims = claims
        self.expires = expires
    }
}
