import Crypto
import CryptoExtras
import Foundation
import GrantModel

/// A public key that an issuer publishes (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).
struct VerificationKey: Sendable {
    private enum Material: Sendable {
        case rsa(_RSA.Signing.PublicKey, bytes: Int)
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
    }

    let identifier: ByteString?
    /// The only algorithm the key is for, when it says so.
    private let algorithm: ByteString?
    private let material: Material

    /// RSA moduli in bits. Shorter ones can be factored (RFC 7518 section 3.3), longer ones cost too much to verify.
    private static let modulusBits = 2048...8192

    /// Nil for a key that is of no use here: of another type or purpose, weak, malformed, or with its private half in public.
    init?(_ jwk: StrictObject, uses: Set<ByteString> = ["sig"]) {
        guard Self.isForSignatures(jwk, uses), jwk.members["d"] == nil, jwk.members["k"] == nil,
            let material = Self.material(jwk)
        else { return nil }
        switch jwk["kid"] {
        case nil: identifier = nil
        case .text(let text): identifier = text
        default: return nil
        }
        switch jwk["alg"] {
        case nil: algorithm = nil
        case .text(let text): algorithm = text
        default: return nil
        }
        self.material = material
    }

    private static func isForSignatures(_ jwk: StrictObject, _ uses: Set<ByteString>) -> Bool {
        if jwk["use"] != nil {
            guard let use = jwk.text("use"), uses.contains(use) else { return false }
        }
        guard let operations = jwk["key_ops"] else { return true }
        guard case .texts(let names) = operations else { return false }
        return names.contains("verify")
    }

    private static func material(_ jwk: StrictObject) -> Material? {
        switch (jwk.text("kty"), jwk.text("crv")) {
        case ("RSA", _): return rsa(jwk)
        case ("EC", "P-256"):
            return point(jwk, coordinate: 32).flatMap { try? P256.Signing.PublicKey(rawRepresentation: $0) }
                .map { .p256($0) }
        case ("EC", "P-384"):
            return point(jwk, coordinate: 48).flatMap { try? P384.Signing.PublicKey(rawRepresentation: $0) }
                .map { .p384($0) }
        case ("EC", "P-521"):
            return point(jwk, coordinate: 66).flatMap { try? P521.Signing.PublicKey(rawRepresentation: $0) }
                .map { .p521($0) }
        case ("OKP", "Ed25519"):
            guard let bytes = bytes(jwk, "x"), bytes.count == 32 else { return nil }
            return (try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)).map { .ed25519($0) }
        default: return nil
        }
    }

    private static func rsa(_ jwk: StrictObject) -> Material? {
        guard let written = bytes(jwk, "n"), let exponent = bytes(jwk, "e") else { return nil }
        // Some issuers write the sign byte of ASN.1, which RFC 7518 section 6.3.1.1 rules out; it changes nothing.
        let modulus = Array(written.drop { $0 == 0 })
        guard let first = modulus.first, let last = exponent.last, exponent.count <= 4 else { return nil }
        let bits = modulus.count * 8 - first.leadingZeroBitCount
        // Even exponents and 1 are not RSA.
        guard modulusBits.contains(bits), last & 1 == 1, exponent.dropLast().contains(where: { $0 != 0 }) || last > 1,
            let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent)
        else { return nil }
        return .rsa(key, bytes: modulus.count)
    }

    /// The coordinates side by side; each has the full length of the curve (RFC 7518 section 6.2.1.2).
    private static func point(_ jwk: StrictObject, coordinate: Int) -> [UInt8]? {
        guard let x = bytes(jwk, "x"), let y = bytes(jwk, "y"), x.count == coordinate, y.count == coordinate else {
            return nil
        }
        return x + y
    }

    private static func bytes(_ jwk: StrictObject, _ name: ByteString) -> [UInt8]? {
        jwk.text(name).flatMap { Base64URL.decoded($0.bytes) }
    }

    /// Whether the key may be used with an algorithm: by its type, its curve, and its own word.
    func fits(_ algorithm: SignatureAlgorithm) -> Bool {
        if let own = self.algorithm, own != algorithm.name {
            return false
        }
        switch (material, algorithm) {
        case (.rsa, .rs256), (.rsa, .rs384), (.rsa, .rs512), (.rsa, .ps256), (.rsa, .ps384), (.rsa, .ps512): return true
        case (.p256, .es256), (.p384, .es384), (.p521, .es512), (.ed25519, .edDSA): return true
        case (.rsa, _), (.p256, _), (.p384, _), (.p521, _), (.ed25519, _): return false
        }
    }

    /// Whether `signature` is this key's over `signed`. False for an algorithm that does not fit.
    ///
    /// ECDSA signatures are R and S side by side and of exactly their length, never DER (RFC 7518 section 3.4).
    func verifies(_ signature: [UInt8], over signed: ArraySlice<UInt8>, algorithm: SignatureAlgorithm) -> Bool {
        guard fits(algorithm) else { return false }
        switch material {
        case .rsa(let key, let bytes):
            guard signature.count == bytes else { return false }
            let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
            return switch algorithm {
            case .rs256:
                key.isValidSignature(signature, for: SHA256.hash(data: signed), padding: .insecurePKCS1v1_5)
            case .rs384:
                key.isValidSignature(signature, for: SHA384.hash(data: signed), padding: .insecurePKCS1v1_5)
            case .rs512:
                key.isValidSignature(signature, for: SHA512.hash(data: signed), padding: .insecurePKCS1v1_5)
            case .ps256: key.isValidSignature(signature, for: SHA256.hash(data: signed), padding: .PSS)
            case .ps384: key.isValidSignature(signature, for: SHA384.hash(data: signed), padding: .PSS)
            case .ps512: key.isValidSignature(signature, for: SHA512.hash(data: signed), padding: .PSS)
            case .es256, .es384, .es512, .edDSA: false
            }
        case .p256(let key):
            guard signature.count == 64, let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: SHA256.hash(data: signed))
        case .p384(let key):
            guard signature.count == 96, let parsed = try? P384.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: SHA384.hash(data: signed))
        case .p521(let key):
            guard signature.count == 132, let parsed = try? P521.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: SHA512.hash(data: signed))
        case .ed25519(let key):
            return signature.count == 64 && key.isValidSignature(signature, for: signed)
        }
    }
}
