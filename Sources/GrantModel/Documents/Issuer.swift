/// `identity/NAME.yaml`: an issuer whose tokens, assertions or certificates are accepted.
package struct Issuer: Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, CaseIterable, Codable {
        case oidc, saml, mtls
    }

    /// What of a client's certificate becomes the caller's subject.
    package enum CertificateSubject: String, Sendable, CaseIterable, Codable {
        /// The SPIFFE ID among its alternative names; a certificate without exactly one is refused.
        case spiffe
        /// The distinguished name (RFC 4514).
        case subject
        /// The SPIFFE ID where there is one, else the distinguished name.
        case either
    }

    /// The file's name, which grants refer to as `issuer`.
    package var name: ByteString
    package var kind: Kind
    /// OIDC: the `iss` that tokens carry, byte for byte, with discovery below it; or `spiffe://TRUST-DOMAIN`, whose tokens
    /// carry none. SAML: the identity provider's entity id, empty for the only one in the metadata. Empty for mTLS.
    package var issuer: ByteString
    package var audience: [ByteString]
    /// JWS algorithm names (RFC 7518 section 3.1, RFC 8037).
    package var algorithms: [ByteString]
    /// Where the claims are: our name to a path whose dots walk into objects. Keys: `groups`, `roles`, `email`, others.
    package var claims: [ByteString: ByteString]
    /// A token or certificate that lives longer is refused.
    package var longest: Span
    package var leeway: Span
    package var require: [ByteString: ByteString]
    /// PEM of the private certificate authority behind the issuer; for mTLS, of those that issue the clients' certificates.
    package var certificateAuthority: String?
    /// OIDC: where the keys are, when they are not to be discovered.
    package var keys: ByteString?
    /// OIDC: a token that lives no longer than this may be exchanged for one of the gateway's own; nil for `longest`.
    package var exchangeLongest: Span?
    /// SAML: a URL, or a path beside the file.
    package var metadata: ByteString?
    /// SAML: the bytes of that file, put in when a table is compiled; nil for a URL.
    package var metadataDocument: [UInt8]?
    package var recipient: ByteString?
    /// mTLS only.
    package var certificateSubject = CertificateSubject.either

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

    /// The file that `metadata` names, from the repository's root; nil for a URL.
    package var metadataPath: ByteString? {
        guard let metadata, metadata.bytes.suffix(4).elementsEqual(".xml".utf8),
            ByteString(metadata.bytes.dropLast(4)).isName
        else { return nil }
        return ByteString(Array("identity/".utf8) + metadata.bytes)
    }

    /// Tokens are JWT-SVIDs, told by the trust domain of their subject.
    package var isTrustDomain: Bool { issuer.bytes.starts(with: "spiffe://".utf8) }
}
