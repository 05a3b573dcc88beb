/// Where tokens come from, whatever the file in `identity/` is called: two files of one origin accept the same people.
enum IssuerOrigin: Hashable, Sendable {
    /// By what its tokens say in `iss`.
    case oidc(ByteString)
    /// By where its metadata lies.
    case saml(ByteString)
    /// There never was such a file.
    case unknown(name: ByteString)

    init(of issuer: Issuer) {
        switch issuer.kind {
        case .oidc: self = .oidc(issuer.issuer)
        case .saml: self = issuer.metadata.map { .saml($0) } ?? .unknown(name: issuer.name)
        }
    }
}
