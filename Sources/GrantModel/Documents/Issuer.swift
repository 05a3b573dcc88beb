/// `identity/NAME.yaml`: an issuer whose tokens are accepted.
package struct Issuer: Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, CaseIterable, Codable {
        case oidc, saml
    }

    /// The file's name, which grants refer to as `issuer`.
    package var name: ByteString
    package var kind: Kind
    /// The `iss` that tokens carry, byte for byte; discovery happens below it. Empty for SAML.
    package var issuer: ByteString
    package var audience: [ByteString]
    /// JWS algorithm names (RFC 7518 section 3.1, RFC 8037).
    package var algorithms: [ByteString]
    /// Where the claims are: our name to a path whose dots walk into objects. Keys: `groups`, `roles`, `email`, others.
    package var claims: [ByteString: ByteString]
    /// A token that lives longer is refused.
    package var longest: Span
    package var leeway: Span
    package var require: [ByteString: ByteString]
    /// PEM of the private certificate authority behind the issuer.
    package var certificateAuthority: String?
    /// SAML: a URL, or a path beside the file.
    package var metadata: ByteString?
    package var recipient: ByteString?

    package init(
        name: ByteString, kind: Kind = .oidc, issuer: ByteString, audience: [ByteString], algorithms: [ByteString],
        claims: [ByteString: ByteString] = [:], longest: Span, leeway: Span = Span(seconds: 30),
        require: [ByteString: ByteString] = [:], certificateAuthority: String? = nil,
        metadata: ByteString? = nil, recipient: ByteString? = nil
    ) {
        self.name = name
        self.kind = kind
        self.issuer = issuer
        self.audience = audience
        self.algorithms = algorithms
        self.claims = claims
        self.longest = longest
        self.leeway = leeway
        self.require = require
        self.certificateAuthority = certificateAuthority
        self.metadata = metadata
        self.recipient = recipient
    }
}
