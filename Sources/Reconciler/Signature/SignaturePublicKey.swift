import Crypto
import CryptoExtras
import Foundation
import GrantModel

/// A public key that may sign (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4, PROTOCOL.u2f).
enum SignaturePublicKey {
    case ed25519(Curve25519.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case p521(P521.Signing.PublicKey)
    case rsa(_RSA.Signing.PublicKey, modulusBytes: Int)
    case securityKeyEd25519(Curve25519.Signing.PublicKey, application: [UInt8])
    case securityKeyP256(P256.Signing.PublicKey, application: [UInt8])

    init(blob: [UInt8]) throws(SignatureFault) {
        var reader = WireReader(blob)
        let type = ByteString(try reader.string())
        switch type {
        case KeyType.ed25519:
            self = .ed25519(try Self.ed25519(&reader))
        case KeyType.p256:
            let point = try Self.point(&reader, curve: "nistp256")
            self = .p256(try Self.key { try P256.Signing.PublicKey(x963Representation: point) })
        case KeyType.p384:
            let point = try Self.point(&reader, curve: "nistp384")
            self = .p384(try Self.key { try P384.Signing.PublicKey(x963Representation: point) })
        case KeyType.p521:
            let point = try Self.point(&reader, curve: "nistp521")
            self = .p521(try Self.key { try P521.Signing.PublicKey(x963Representation: point) })
        case KeyType.rsa:
            let exponent = try reader.positiveInteger()
            let modulus = try reader.positiveInteger()
            guard let top = modulus.first,
                Person.Key.rsaBits.contains(modulus.count * 8 - top.leadingZeroBitCount)
            else {
                throw SignatureFault(
                    message: "the rsa key does not have between \(Person.Key.rsaBits.lowerBound) and "
                        + "\(Person.Key.rsaBits.upperBound) bits")
            }
            self = .rsa(
                try Self.key { try _RSA.Signing.PublicKey(n: modulus, e: exponent) }, modulusBytes: modulus.count)
        case KeyType.securityKeyEd25519:
            self = .securityKeyEd25519(try Self.ed25519(&reader), application: try reader.string())
        case KeyType.securityKeyP256:
            let point = try Self.point(&reader, curve: "nistp256")
            let key = try Self.key { try P256.Signing.PublicKey(x963Representation: point) }
            self = .securityKeyP256(key, application: try reader.string())
        default:
            throw SignatureFault(
                message: "the key's type is not accepted; use ed25519, ecdsa, rsa or their security key forms")
        }
        try reader.end(of: "signature's key")
    }

    /// Whether the signature blob is one of this key over `data`. Throws when the blob is not one this key could make.
    func verifies(_ blob: [UInt8], of data: [UInt8]) throws(SignatureFault) -> Bool {
        var reader = WireReader(blob)
        let type = ByteString(try reader.string())
        let valid: Bool
        switch self {
        case .ed25519(let key):
            try Self.expect(type, KeyType.ed25519)
            valid = key.isValidSignature(try reader.string(), for: data)
        case .p256(let key):
            try Self.expect(type, KeyType.p256)
            valid = Self.verifies(key, try Self.ecdsa(try reader.string(), width: 32), data)
        case .p384(let key):
            try Self.expect(type, KeyType.p384)
            let raw = try Self.ecdsa(try reader.string(), width: 48)
            valid =
                (try? P384.Signing.ECDSASignature(rawRepresentation: raw))
                .map { key.isValidSignature($0, for: SHA384.hash(data: data)) } ?? false
        case .p521(let key):
            try Self.expect(type, KeyType.p521)
            let raw = try Self.ecdsa(try reader.string(), width: 66)
            valid =
                (try? P521.Signing.ECDSASignature(rawRepresentation: raw))
                .map { key.isValidSignature($0, for: SHA512.hash(data: data)) } ?? false
        case .rsa(let key, let modulusBytes):
            let raw = try reader.string()
            // RFC 8017 section 8.2.2 step 1: a signature is as long as the modulus.
            guard raw.count == modulusBytes else {
                throw SignatureFault(message: "the rsa signature is not as long as its key")
            }
            let signature = _RSA.Signing.RSASignature(rawRepresentation: raw)
            // PKCS #1 v1.5 is what RFC 8332 defines; the library calls it insecure for new protocols.
            switch type {
            case KeyType.rsaSHA256:
                valid = key.isValidSignature(signature, for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5)
            case KeyType.rsaSHA512:
                valid = key.isValidSignature(signature, for: SHA512.hash(data: data), padding: .insecurePKCS1v1_5)
            default:
                throw SignatureFault(message: "the rsa signature is neither rsa-sha2-256 nor rsa-sha2-512")
            }
        case .securityKeyEd25519(let key, let application):
            try Self.expect(type, KeyType.securityKeyEd25519)
            let raw = try reader.string()
            let signed = try Self.securityKeyData(&reader, application: application, data: data)
            valid = key.isValidSignature(raw, for: signed)
        case .securityKeyP256(let key, let application):
            try Self.expect(type, KeyType.securityKeyP256)
            let raw = try Self.ecdsa(try reader.string(), width: 32)
            let signed = try Self.securityKeyData(&reader, application: application, data: data)
            valid = Self.verifies(key, raw, signed)
        }
        try reader.end(of: "key's signature")
        return valid
    }
}

extension SignaturePublicKey {
    private enum KeyType {
        static let ed25519: ByteString = "ssh-ed25519"
        static let p256: ByteString = "ecdsa-sha2-nistp256"
        static let p384: ByteString = "ecdsa-sha2-nistp384"
        static let p521: ByteString = "ecdsa-sha2-nistp521"
        static let rsa: ByteString = "ssh-rsa"
        static let rsaSHA256: ByteString = "rsa-sha2-256"
        static let rsaSHA512: ByteString = "rsa-sha2-512"
        static let securityKeyEd25519: ByteString = "sk-ssh-ed25519@openssh.com"
        static let securityKeyP256: ByteString = "sk-ecdsa-sha2-nistp256@openssh.com"
    }

    private static func ed25519(_ reader: inout WireReader) throws(SignatureFault) -> Curve25519.Signing.PublicKey {
        let raw = try reader.string()
        return try key { try Curve25519.Signing.PublicKey(rawRepresentation: raw) }
    }

    private static func point(_ reader: inout WireReader, curve: ByteString) throws(SignatureFault) -> [UInt8] {
        guard ByteString(try reader.string()) == curve else {
            throw SignatureFault(message: "the key's curve does not fit its type")
        }
        return try reader.string()
    }

    /// Runs an initializer of the library, which checks that points lie on their curve.
    private static func key<Key>(_ make: () throws -> Key) throws(SignatureFault) -> Key {
        do {
            return try make()
        } catch {
            throw SignatureFault(message: "the signature's key is not a valid one of its type")
        }
    }

    private static func expect(_ type: ByteString, _ expected: ByteString) throws(SignatureFault) {
        guard type == expected else {
            throw SignatureFault(message: "the signature's type does not fit its key")
        }
    }

    /// RFC 5656 section 3.1.2: two mpints, here as the two numbers at full width.
    private static func ecdsa(_ blob: [UInt8], width: Int) throws(SignatureFault) -> [UInt8] {
        var reader = WireReader(blob)
        var raw: [UInt8] = []
        for _ in 0..<2 {
            let number = try reader.positiveInteger()
            guard number.count <= width else {
                throw SignatureFault(message: "a number of the signature is too large")
            }
            raw += Array(repeating: 0, count: width - number.count) + number
        }
        try reader.end(of: "signature's numbers")
        return raw
    }

    private static func verifies(_ key: P256.Signing.PublicKey, _ raw: [UInt8], _ data: [UInt8]) -> Bool {
        guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: raw) else { return false }
        return key.isValidSignature(signature, for: SHA256.hash(data: data))
    }

    /// PROTOCOL.u2f, "SSH U2F Signatures": what the token signs in place of the data.
    private static func securityKeyData(
        _ reader: inout WireReader, application: [UInt8], data: [UInt8]
    ) throws(SignatureFault) -> [UInt8] {
        let flags = try reader.byte()
        let counter = try reader.bytes(4)
        // Bit 0 is user presence. ssh-keygen leaves this to its callers.
        guard flags & 0x01 != 0 else {
            throw SignatureFault(message: "nobody touched the security key; sign with user presence required")
        }
        return Array(SHA256.hash(data: application)) + [flags] + counter + Array(SHA256.hash(data: data))
    }
}
