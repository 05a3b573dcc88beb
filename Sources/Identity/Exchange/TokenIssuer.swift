import Crypto
import Foundation
import GrantModel
import Logging
import StrictJSON
import Synchronization

/// The gateway as an issuer: signs access tokens of its own for callers that an assertion or a token of somebody else
/// established, and reads them back. Thread-safe.
///
/// A token says whose the caller is (`idp`, a name in `identity/`), everything that a grant can name of them, and by which
/// settings of that issuer they were accepted: when the file changes, the tokens made before are void.
package final class TokenIssuer: Sendable {
    package let settings: ExchangeSettings
    let keys: SigningKeys
    let saml: SAMLVerifier
    /// By the issuer's name, the digest of its settings.
    private let rules = Mutex<[ByteString: ByteString]>([:])

    /// - Parameter directory: where keys and used assertions are kept; nil for memory only.
    package init(_ settings: ExchangeSettings, directory: String?, now: Instant, logger: Logger) {
        self.settings = settings
        keys = SigningKeys(path: directory.map { $0 + "/exchange-keys.json" }, logger: logger)
        saml = SAMLVerifier(
            used: UsedAssertions(path: directory.map { $0 + "/used-assertions" }, now: now, logger: logger),
            logger: logger)
    }

    func update(issuers: [Issuer]) {
        var digests: [ByteString: ByteString] = [:]
        for issuer in issuers where issuer.kind != .mtls {
            digests[issuer.name] = IssuerRules(issuer).digest
        }
        rules.withLock { $0 = digests }
        saml.update(issuers: issuers)
    }

    /// An issuer's settings in one spelling: those that are dictionaries in order, since encoders write them in any.
    private struct IssuerRules: Encodable {
        var issuer: Issuer
        var claims: [ByteString]
        var require: [ByteString]

        init(_ issuer: Issuer) {
            func inOrder(_ pairs: [ByteString: ByteString]) -> [ByteString] {
                pairs.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
            }
            claims = inOrder(issuer.claims)
            require = inOrder(issuer.require)
            self.issuer = issuer
            self.issuer.claims = [:]
            self.issuer.require = [:]
        }

        var digest: ByteString? {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return (try? encoder.encode(self)).map { ByteString(Digest.sha256(of: $0).hex) }
        }
    }

    // MARK: Writing

    private struct Header: Encodable {
        let alg = "EdDSA"
        let typ = "at+jwt"
        var kid: String
    }

    private struct Claims: Encodable {
        var iss: String
        var aud: [String]
        var sub: String
        var iat: Int64
        var exp: Int64
        var jti: String
        var idp: String
        var rules: String
        var email: String?
        var groups: [String]
        var roles: [String]
        /// Name, value, name, value: names hold dots, which paths would take apart.
        var attributes: [String]
    }

    /// A token for a caller until `caller.expires`, and no longer than the settings say. Nil when the issuer is gone.
    func token(for caller: Caller, now: Instant) throws(TokenFault) -> (token: String, expires: Instant) {
        guard let rules = rules.withLock({ $0[caller.issuer] }) else { throw .unknownIssuer }
        let expires = min(caller.expires, now + settings.lifetime)
        guard now < expires else { throw .expired }
        let key = keys.current(now: now)
        let claims = Claims(
            iss: settings.issuer.text, aud: settings.audience.map(\.text), sub: caller.subject.text, iat: now.seconds,
            exp: expires.seconds, jti: String(UInt64.random(in: .min ... .max), radix: 36), idp: caller.issuer.text,
            rules: rules.text, email: caller.email?.text, groups: caller.groups.map(\.text),
            roles: caller.roles.map(\.text),
            attributes: caller.claims.sorted { $0.key < $1.key }.flatMap { [$0.key.text, $0.value.text] })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let header = try? encoder.encode(Header(kid: key.identifier.text)),
            let payload = try? encoder.encode(claims)
        else { throw .payload }
        let signed = Base64URL.encoded(header) + "." + Base64URL.encoded(payload)
        guard let signature = try? key.material.signature(for: Data(signed.utf8)) else { throw .signature }
        let token = signed + "." + Base64URL.encoded(signature)
        guard token.utf8.count <= CompactToken.longest else { throw .tooManyAttributes }
        return (token, expires)
    }

    // MARK: Reading

    /// The caller of a token that this gateway made.
    /// - Parameter claims: unverified, with this gateway's `iss`.
    func caller(
        of token: CompactToken, header: TokenHeader, claims: StrictObject, now: Instant
    ) throws(TokenFault) -> Caller {
        guard header.algorithm == .edDSA else { throw .algorithm }
        guard header.isAccessToken else { throw .type }
        guard let identifier = header.keyIdentifier, let key = keys.key(identifier) else { throw .unknownKey }
        guard token.signature.count == 64, key.material.publicKey.isValidSignature(token.signature, for: token.signed)
        else { throw .signature }
        guard try VerifiedClaims.isMeant(for: settings.audience, claims) else { throw .audience }
        guard case .integer(let end) = claims["exp"], case .integer(let start) = claims["iat"] else { throw .times }
        guard now < Instant(seconds: end) else { throw .expired }
        guard Instant(seconds: start) <= now + Span(seconds: 30) else { throw .notYetValid }
        guard let subject = claims.text("sub"), let issuer = claims.text("idp"), let made = claims.text("rules"),
            case .texts(let groups) = claims["groups"], case .texts(let roles) = claims["roles"],
            case .texts(let attributes) = claims["attributes"]
        else { throw .payload }
        guard rules.withLock({ $0[issuer] }) == made else { throw .rulesChanged }
        var flat: [ByteString: ByteString] = [:]
        for place in stride(from: 0, to: attributes.count - 1, by: 2) {
            flat[attributes[place]] = attributes[place + 1]
        }
        return Caller(
            issuer: issuer, subject: subject, email: claims.text("email"), groups: groups, roles: roles, claims: flat,
            expires: Instant(seconds: end))
    }

    // MARK: Documents

    /// The public keys as others read them (RFC 7517).
    package func keySet(now: Instant) -> [UInt8] {
        let keys = keys.published(now: now).map { key in
            #"{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"\#(key.identifier)","x":"\#(Base64URL.encoded(key.material.publicKey.rawRepresentation))"}"#
        }
        return Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)
    }

    /// What the gateway is as an issuer (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2). The issuer is a URL
    /// without anything that JSON escapes.
    package var configuration: [UInt8] {
        let issuer = settings.issuer.text
        return Array(
            """
            {"issuer":"\(issuer)","token_endpoint":"\(issuer)/token","jwks_uri":"\(issuer)/.well-known/jwks.json",\
            "grant_types_supported":["urn:ietf:params:oauth:grant-type:token-exchange"],"response_types_supported":[],\
            "subject_types_supported":["public"],"id_token_signing_alg_values_supported":["EdDSA"],\
            "token_endpoint_auth_methods_supported":["none"]}
            """.utf8)
    }
}

extension Base64URL {
    static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        String(
            decoding: Base64.encode(bytes, padded: false).utf8.map { byte in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: byte
                }
            }, as: UTF8.self)
    }
}
