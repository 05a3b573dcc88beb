import GrantModel

/// The signature algorithms that tokens may use: all asymmetric (RFC 7518 section 3.1, RFC 8037 section 3.1).
///
/// `none` and the HMAC family are absent on purpose: there is no way to configure them.
enum SignatureAlgorithm: String, Sendable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { (ByteString($0.rawValue), $0) })

    init?(name: ByteString) {
        guard let algorithm = Self.byName[name] else { return nil }
        self = algorithm
    }

    var name: ByteString { ByteString(rawValue) }
}
