import Crypto
import CryptoExtras
import SwiftASN1
import X509

/// What a chain must be beside RFC 5280's own rules: the first for clients and no authority, all of them strong.
struct ClientPurpose: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.extendedKeyUsage,
        // Critical where the subject is empty (RFC 5280 section 4.2.1.6): it is what the caller is named by.
        .X509ExtensionID.subjectAlternativeName,
    ]

    mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) async -> PolicyEvaluationResult {
        guard Self.isForClients(chain.leaf) else { return .failsToMeetPolicy(reason: "not for clients") }
        // What vouches for a root is its place in the file, not its own signature.
        for (place, certificate) in chain.enumerated() {
            guard Self.hasStrongKey(certificate), place == chain.count - 1 || Self.hasStrongSignature(certificate)
            else {
                return .failsToMeetPolicy(reason: "weak")
            }
        }
        return .meetsPolicy
    }

    /// Without an extended key usage it is for anything (RFC 5280 section 4.2.1.12); an authority's own certificate names
    /// nobody (SPIFFE X.509-SVID section 4.1 says the same of a leaf).
    static func isForClients(_ certificate: Certificate) -> Bool {
        do {
            if let usage = try certificate.extensions.extendedKeyUsage {
                guard usage.contains(.clientAuth) || usage.contains(.any) else { return false }
            }
            if case .isCertificateAuthority = try certificate.extensions.basicConstraints { return false }
            if let usage = try certificate.extensions.keyUsage, usage.keyCertSign { return false }
            return true
        } catch {
            return false
        }
    }

    static func isStrong(_ certificate: Certificate) -> Bool {
        hasStrongKey(certificate) && hasStrongSignature(certificate)
    }

    private static func hasStrongSignature(_ certificate: Certificate) -> Bool {
        certificate.signatureAlgorithm != .sha1WithRSAEncryption
    }

    private static func hasStrongKey(_ certificate: Certificate) -> Bool {
        guard let rsa = _RSA.Signing.PublicKey(certificate.publicKey) else { return true }
        return (2_048...8_192).contains(rsa.keySizeInBits)
    }
}
