import GrantModel
import StrictJSON

/// A token's JOSE header, of which only these two say anything: whatever else points to keys (`jku`, `jwk`, `x5u`, `x5c`)
/// is never followed (RFC 7515 section 4.1).
struct TokenHeader {
    let algorithm: SignatureAlgorithm
    let keyIdentifier: ByteString?
    /// `JOSE`, which JWT-SVIDs may say (SPIFFE JWT-SVID section 2.3), and nobody else.
    let isJOSE: Bool
    /// `at+jwt` (RFC 9068 section 2.1).
    let isAccessToken: Bool

    init(_ bytes: [UInt8], parser: JSONParser) throws(TokenFault) {
        let header: StrictObject
        do {
            header = try StrictObject(bytes, parser: parser)
        } catch {
            throw .header
        }
        guard header.members["enc"] == nil, header.members["zip"] == nil else { throw .encrypted }
        // `crit` lists extensions that must be understood, of which there are none here; `b64` is one (RFC 7797).
        guard header.members["crit"] == nil, header.members["b64"] == nil else { throw .critical }
        switch header.members["typ"] {
        case nil: (isJOSE, isAccessToken) = (false, false)
        case .text(let name):
            let name = Self.shortened(type: name)
            isJOSE = name == "jose"
            isAccessToken = name == "at+jwt"
            guard isJOSE || isAccessToken || name == "jwt" else { throw .type }
        default: throw .type
        }
        // A content type announces a nested token (RFC 7519 section 5.2), which would be a second interpretation.
        guard header.members["cty"] == nil else { throw .type }
        guard let name = header.text("alg") else { throw .header }
        guard let algorithm = SignatureAlgorithm(name: name) else { throw .algorithm }
        self.algorithm = algorithm
        switch header.members["kid"] {
        case nil: keyIdentifier = nil
        case .text(let identifier): keyIdentifier = identifier
        default: throw .header
        }
    }

    /// Media types are compared without case, and may lack their `application/` (RFC 7515 section 4.1.9).
    private static func shortened(type: ByteString) -> ByteString {
        var name = type.bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        if name.starts(with: "application/".utf8) {
            name.removeFirst("application/".utf8.count)
        }
        return ByteString(name)
    }
}
