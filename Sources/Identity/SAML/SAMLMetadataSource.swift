import GrantModel

/// Where the keys of a SAML issuer are. Issuers that share it share their keys.
struct SAMLMetadataSource: Sendable, Hashable {
    /// A URL, or the name of the file that `document` holds.
    let metadata: ByteString
    let document: [UInt8]?
    /// Empty for the only one that the metadata describes.
    let entity: ByteString
    let certificateAuthority: String?

    init(of issuer: Issuer) {
        metadata = issuer.metadata ?? ""
        document = issuer.metadataDocument
        entity = issuer.issuer
        certificateAuthority = issuer.certificateAuthority
    }

    /// Reads the metadata, from its address or from the file. Blocks.
    func published() throws(IssuerFault) -> SAMLMetadata.Provider {
        let bytes: [UInt8]
        if let document {
            bytes = document
        } else {
            guard metadata.bytes.starts(with: "http".utf8) else {
                throw IssuerFault("`identity/\(metadata)` is not there")
            }
            bytes = try CurlFetch(certificateAuthority: certificateAuthority)
                .document(at: try IssuerAddress(keys: metadata, field: "metadata"))
        }
        return try SAMLMetadata(bytes).provider(named: entity)
    }
}
