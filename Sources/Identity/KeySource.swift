import GrantModel
import StrictJSON

/// Where the keys of an OIDC issuer are. Issuers that share it share their keys.
struct KeySource: Sendable, Hashable {
    let issuer: ByteString
    /// The key set's own address, where the configuration says it.
    let keys: ByteString?
    let certificateAuthority: String?

    init(of issuer: Issuer) {
        self.issuer = issuer.issuer
        keys = issuer.keys
        certificateAuthority = issuer.certificateAuthority
    }

    /// Fetches the key set: from its configured address, or from where the issuer's discovery document says it is (OpenID
    /// Connect Discovery 1.0 sections 4.2 and 4.3). Blocks.
    func published() throws(IssuerFault) -> KeySet {
        let fetch = CurlFetch(certificateAuthority: certificateAuthority)
        let address =
            if let keys {
                try IssuerAddress(keys: keys)
            } else {
                try discovered(fetch)
            }
        // A trust domain's bundle holds keys for certificates beside those for tokens (SPIFFE Trust Domain and Bundle
        // section 4.2.2).
        let isTrustDomain = issuer.bytes.starts(with: "spiffe://".utf8)
        return try KeySet(try fetch.document(at: address), uses: isTrustDomain ? ["jwt-svid", "sig"] : ["sig"])
    }

    private func discovered(_ fetch: CurlFetch) throws(IssuerFault) -> IssuerAddress {
        let address = try IssuerAddress(issuer: issuer)
        let document: StrictObject
        do {
            document = try StrictObject(try fetch.document(at: address.configuration), parser: JSONParser())
        } catch let fault as IssuerFault {
            throw fault
        } catch {
            throw IssuerFault("its discovery document is not a plain JSON object")
        }
        guard document.text("issuer") == issuer else {
            throw IssuerFault("its discovery document names another `issuer`")
        }
        guard let location = document.text("jwks_uri") else {
            throw IssuerFault("its discovery document has no `jwks_uri`")
        }
        return try IssuerAddress(keys: location, of: address)
    }
}
