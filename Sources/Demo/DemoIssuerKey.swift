import Crypto
import CryptoExtras
import Foundation

/// One signing key of the demo's issuer, made when it is asked for and never stored.
package struct DemoIssuerKey: Sendable {
    /// The signature algorithms of JWS (RFC 7518 section 3.1, RFC 8037 section 3.1).
    package enum Algorithm: String, Sendable, CaseIterable {
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
    }

    private enum Material: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case p521(P521.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    package let algorithm: Algorithm
    /// The `kid`: random, so that a restarted issuer never reuses one.
    package let identifier: String
    private let material: Material

    /// - Parameter bits: the size of an RSA modulus, at least 2048; other keys have the size of their curve.
    package init(_ algorithm: Algorithm, bits: Int = 2048) throws {
        self.algorithm = algorithm
        identifier = String(UInt64.random(in: .min ... .max), radix: 36)
        material =
            switch algorithm {
            case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512:
                .rsa(try _RSA.Signing.PrivateKey(keySize: _RSA.Signing.KeySize(bitCount: bits)))
            case .es256: .p256(P256.Signing.PrivateKey())
            case .es384: .p384(P384.Signing.PrivateKey())
            case .es512: .p521(P521.Signing.PrivateKey())
            case .edDSA: .ed25519(Curve25519.Signing.PrivateKey())
            }
    }

    /// The public half as a JSON Web Key (RFC 7517 section 4).
    package var jwk: DemoIssuerJSON {
        var members: [String: DemoIssuerJSON] = [
            "alg": .text(algorithm.rawValue), "kid": .text(identifier), "use": "sig",
        ]
        for (name, value) in parameters {
            members[name] = .text(value)
        }
        return .object(members)
    }

    private var parameters: [String: String] {
        switch material {
        case .rsa(let key):
            guard let primitives = try? key.publicKey.getKeyPrimitives() else { return ["kty": "RSA"] }
            return [
                "kty": "RSA", "n": Self.base64URL(primitives.modulus), "e": Self.base64URL(primitives.publicExponent),
            ]
        case .p256(let key): return Self.curve("P-256", key.publicKey.rawRepresentation)
        case .p384(let key): return Self.curve("P-384", key.publicKey.rawRepresentation)
        case .p521(let key): return Self.curve("P-521", key.publicKey.rawRepresentation)
        case .ed25519(let key):
            return ["kty": "OKP", "crv": "Ed25519", "x": Self.base64URL(key.publicKey.rawRepresentation)]
        }
    }

    private static func curve(_ name: String, _ point: Data) -> [String: String] {
        let half = point.count / 2
        return [
            "kty": "EC", "crv": name, "x": base64URL(point.prefix(half)), "y": base64URL(point.dropFirst(half)),
        ]
    }

    /// The public half as PEM, which algorithm-confusion attacks use as an HMAC secret.
    package var publicPEM: String {
        switch material {
        case .rsa(let key): key.publicKey.pemRepresentation
        case .p256(let key): key.publicKey.pemRepresentation
        case .p384(let key): key.publicKey.pemRepresentation
        case .p521(let key): key.publicKey.pemRepresentation
        case .ed25519(let key): Self.base64URL(key.publicKey.rawRepresentation)
        }
    }

    /// The signature over `bytes` in the form JWS carries (RFC 7518 section 3.4: R and S side by side for ECDSA).
    package func sign(_ bytes: some DataProtocol) throws -> [UInt8] {
        switch material {
        case .rsa(let key):
            switch algorithm {
            case .ps256: try signature(key, SHA256.hash(data: bytes), .PSS)
            case .ps384: try signature(key, SHA384.hash(data: bytes), .PSS)
            case .ps512: try signature(key, SHA512.hash(data: bytes), .PSS)
            case .rs384: try signature(key, SHA384.hash(data: bytes), .insecurePKCS1v1_5)
            case .rs512: try signature(key, SHA512.hash(data: bytes), .insecurePKCS1v1_5)
            case .rs256, .es256, .es384, .es512, .edDSA:
                try signature(key, SHA256.hash(data: bytes), .insecurePKCS1v1_5)
            }
        case .p256(let key): try Array(key.signature(for: SHA256.hash(data: bytes)).rawRepresentation)
        case .p384(let key): try Array(key.signature(for: SHA384.hash(data: bytes)).rawRepresentation)
        case .p521(let key): try Array(key.signature(for: SHA512.hash(data: bytes)).rawRepresentation)
        case .ed25519(let key): try Array(key.signature(for: bytes))
        }
    }

    private func signature(
        _ key: _RSA.Signing.PrivateKey, _ digest: some Digest, _ padding: _RSA.Signing.Padding
    ) throws -> [UInt8] {
        try Array(key.signature(for: digest, padding: padding).rawRepresentation)
    }

    /// A compact JWS (RFC 7515 section 7.1) over exactly these texts, whatever they are.
    package func token(header: String, payload: String) throws -> String {
        let signed = Self.base64URL(Data(header.utf8)) + "." + Self.base64URL(Data(payload.utf8))
        return try signed + "." + Self.base64URL(Data(sign(Data(signed.utf8))))
    }

    /// Base64url without padding (RFC 7515 section 2).
    package static func base64URL(_ bytes: some DataProtocol) -> String {
        String(
            Data(bytes).base64EncodedString().compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}
