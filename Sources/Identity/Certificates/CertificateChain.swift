import GrantModel

/// The certificates that a client presented when its connection began: its own first, the others in any order. Not believed
/// by itself, whatever the handshake found.
package struct CertificateChain: Sendable, Hashable {
    /// DER.
    package let certificates: [[UInt8]]
    /// Stands for it where callers are remembered; that of no token, which it is never confused with.
    package let digest: Digest

    /// Between a client's own and the authority's; a longer chain is not searched for a way.
    package static let mostIntermediates = 4

    /// Nil when there are none, or more than anybody needs.
    package init?(_ certificates: [[UInt8]]) {
        guard !certificates.isEmpty, certificates.count <= 1 + Self.mostIntermediates else { return nil }
        self.certificates = certificates
        // No token begins with a zero byte.
        digest = Digest.sha256(of: [0] + certificates.flatMap { Digest.sha256(of: $0).bytes })
    }
}

/// What a request says who sends it by.
package enum CallerCredential: Sendable {
    case token([UInt8])
    case certificate(CertificateChain)
}

/// Every fault a client's certificate can have. The raw value is the refusal's stable reason.
enum CertificateFault: String, Error, Sendable, CaseIterable {
    case malformed = "certificate-malformed"
    case untrusted = "certificate-untrusted"
    case expired = "certificate-expired"
    case notYetValid = "certificate-not-yet-valid"
    case purpose = "certificate-purpose"
    case weak = "certificate-weak"
    case tooLongLived = "certificate-lives-too-long"
    case subject = "certificate-subject"
    case groups = "certificate-groups"
    case required = "certificate-required-attribute"
    case ambiguous = "certificate-ambiguous"

    private var text: String {
        switch self {
        case .malformed: "the client certificate cannot be read"
        case .untrusted: "the client certificate is not of an authority that is accepted here"
        case .expired: "the client certificate, or one that vouches for it, has expired; get a new one"
        case .notYetValid:
            "the client certificate, or one that vouches for it, is not valid yet; check the clocks of its issuer and of this "
                + "gateway"
        case .purpose: "the client certificate is not one for clients"
        case .weak: "the client certificate, or one that vouches for it, uses an algorithm or key that is too weak"
        case .tooLongLived: "the client certificate lives longer than is accepted; get one with a shorter lifetime"
        case .subject: "the client certificate does not say whom it is about as is demanded here"
        case .groups: "the client certificate's groups, roles or e-mail address are not plain text"
        case .required: "the client certificate lacks an attribute that is required here"
        case .ambiguous: "the client certificate fits more than one configured issuer"
        }
    }

    var refusal: TokenRefusal { TokenRefusal(reason: rawValue, text: text) }
}
