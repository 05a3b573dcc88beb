/// Where tokens come from, whatever the file in `identity/` is called: two files of one origin accept the same people.
enum IssuerOrigin: Hashable, Sendable, Codable {
    /// By what its tokens say in `iss`.
    case oidc(ByteString)
    /// By where its metadata lies.
    case saml(ByteString)
    /// By who issues its certificates: the PEM bodies, in order.
    case mtls([ByteString])
    /// There never was such a file.
    case unknown(name: ByteString)

    init(of issuer: Issuer) {
        switch issuer.kind {
        case .oidc: self = .oidc(issuer.issuer)
        case .saml: self = issuer.metadata.map { .saml($0) } ?? .unknown(name: issuer.name)
        case .mtls: self = .mtls(Self.bodies(of: issuer.certificateAuthority ?? ""))
        }
    }

    /// What stands between the markers of each certificate.
    private static func bodies(of certificates: String) -> [ByteString] {
        var bodies: [ByteString] = []
        var body: [UInt8] = []
        for line in certificates.utf8.split(separator: 0x0A) {
            if line.starts(with: "-----END".utf8) {
                bodies.append(ByteString(body))
                body = []
            } else if !line.starts(with: "-----BEGIN".utf8) {
                body.append(contentsOf: line)
            }
        }
        return bodies.sorted()
    }
}
