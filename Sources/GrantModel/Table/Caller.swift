/// Who is calling, as a verified token says. Never made from anything unverified.
///
/// Making one hashes every attribute, so that decisions about it need not: make it once a token and keep it.
package struct Caller: Hashable, Sendable {
    /// A name in `identity/`.
    package var issuer: ByteString
    package var subject: ByteString { didSet { keys.subject = CallerKeys.hash(.subject, subject) } }
    /// Absent when the issuer says it is unverified.
    package var email: ByteString? { didSet { keys.email = email.map { CallerKeys.hash(.email, $0) } } }
    package var groups: [ByteString] { didSet { keys.groups = groups.map { CallerKeys.hash(.group, $0) } } }
    package var roles: [ByteString] { didSet { keys.roles = roles.map { CallerKeys.hash(.role, $0) } } }
    /// Every text claim of the token by name, and by dotted path where it lies inside objects.
    package var claims: [ByteString: ByteString] { didSet { keys.claims = CallerKeys.hashes(claims) } }
    /// The first moment at which the token is no longer valid, leeway not included.
    package var expires: Instant
    /// What the attributes are looked up by.
    private(set) var keys: CallerKeys

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
        keys = CallerKeys(
            subject: CallerKeys.hash(.subject, subject), email: email.map { CallerKeys.hash(.email, $0) },
            groups: groups.map { CallerKeys.hash(.group, $0) }, roles: roles.map { CallerKeys.hash(.role, $0) },
            claims: CallerKeys.hashes(claims))
    }

    package static func == (left: Caller, right: Caller) -> Bool {
        left.issuer == right.issuer && left.subject == right.subject && left.email == right.email
            && left.groups == right.groups && left.roles == right.roles && left.claims == right.claims
            && left.expires == right.expires
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(issuer)
        hasher.combine(subject)
    }
}

/// Hashes of a caller's attributes, side by side in memory: of fifty groups mostly two or three are looked at closer, and
/// the bytes of the others need not be touched at all.
struct CallerKeys: Sendable {
    enum Kind: UInt64 {
        case subject = 1
        case email, claim, group, role
        case issuerAlone

        var bit: UInt8 { 1 << UInt8(rawValue) }
    }

    var subject: UInt64
    var email: UInt64?
    var groups: [UInt64]
    var roles: [UInt64]
    /// In no particular order.
    var claims: [UInt64]

    static func hash(_ kind: Kind, _ value: ByteString) -> UInt64 {
        value.bytes.withUnsafeBufferPointer { hash(kind, $0) }
    }

    static func hash(_ kind: Kind, _ value: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash = KeyHash(seed: kind.rawValue)
        hash.combine(value)
        return hash.value
    }

    static func hash(claim name: ByteString, _ value: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash = KeyHash(seed: Kind.claim.rawValue)
        name.bytes.withUnsafeBufferPointer { hash.combine($0) }
        hash.combine(value)
        return hash.value
    }

    static func hashes(_ claims: [ByteString: ByteString]) -> [UInt64] {
        claims.map { name, value in value.bytes.withUnsafeBufferPointer { hash(claim: name, $0) } }
    }
}
