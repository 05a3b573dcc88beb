import Crypto
import GrantModel

/// Verification of signatures made by `ssh-keygen -Y sign` (PROTOCOL.sshsig in OpenSSH's sources).
///
/// Agrees with `ssh-keygen -Y verify` on everything that tool writes, and refuses what it merely tolerates: other
/// armour, version 0, a filled reserved field, numbers with surplus zeros, small RSA keys, security keys that nobody
/// touched, certificates and DSA. Pure; safe on any input.
package enum SSHSignature {
    /// The namespace that reviewers sign attestations in.
    package static let attestationNamespace: ByteString = "grantctl-attestation"

    /// What a well-formed signature of other bytes is said to be.
    static let mismatch = "the signature does not match the file"

    /// Checks a signature over an attestation.
    package static let verify: VerifySignature = { signature, message in
        verify(signature, of: message, namespace: attestationNamespace)
    }

    /// Checks that `signature`, in armour, is one over `message` in `namespace`, and says which key made it.
    package static func verify(
        _ signature: [UInt8], of message: [UInt8], namespace: ByteString
    ) -> Result<SigningKey, SignatureFault> {
        do throws(SignatureFault) {
            let parsed = try UnverifiedSignature(armoured: signature)
            guard parsed.namespace == namespace else {
                let written = parsed.namespace.text.unicodeScalars.prefix(64).map { $0.escaped(asASCII: true) }.joined()
                throw SignatureFault(
                    message: "the signature is for namespace `\(written)`; sign with `-n \(namespace)`")
            }
            let key = try SignaturePublicKey(blob: parsed.key)
            guard try key.verifies(parsed.signature, of: parsed.signedData(message)) else {
                throw SignatureFault(message: mismatch)
            }
            return .success(SigningKey(blob: parsed.key))
        } catch {
            return .failure(error)
        }
    }
}

/// The fields of an SSHSIG, well formed and nothing more.
struct UnverifiedSignature {
    enum Hash {
        case sha256, sha512

        var name: ByteString {
            switch self {
            case .sha256: "sha256"
            case .sha512: "sha512"
            }
        }

        func digest(_ message: [UInt8]) -> [UInt8] {
            switch self {
            case .sha256: Array(SHA256.hash(data: message))
            case .sha512: Array(SHA512.hash(data: message))
            }
        }
    }

    private static let magic = Array("SSHSIG".utf8)

    let key: [UInt8]
    let namespace: ByteString
    let hash: Hash
    let signature: [UInt8]

    init(armoured text: [UInt8]) throws(SignatureFault) {
        var reader = WireReader(try SignatureArmour.open(text))
        guard try reader.bytes(Self.magic.count) == Self.magic else {
            throw SignatureFault(message: "not an ssh signature")
        }
        guard try reader.uint32() == 1 else {
            throw SignatureFault(message: "the signature's version is not 1")
        }
        key = try reader.string()
        namespace = ByteString(try reader.string())
        guard try reader.string().isEmpty else {
            throw SignatureFault(message: "the signature's reserved field is not empty")
        }
        switch ByteString(try reader.string()) {
        case Hash.sha256.name: hash = .sha256
        case Hash.sha512.name: hash = .sha512
        default: throw SignatureFault(message: "the signature's hash is neither sha256 nor sha512")
        }
        signature = try reader.string()
        try reader.end(of: "signature")
    }

    /// What the key signed: not the message itself, but its hash with the namespace.
    func signedData(_ message: [UInt8]) -> [UInt8] {
        var writer = WireWriter()
        writer.append(Self.magic)
        writer.string(namespace.bytes)
        writer.string([])
        writer.string(hash.name.bytes)
        writer.string(hash.digest(message))
        return writer.bytes
    }
}
