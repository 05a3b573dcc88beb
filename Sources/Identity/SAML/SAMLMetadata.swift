import Crypto
import CryptoExtras
import Foundation
import GrantModel
import SwiftASN1
import X509

/// What a SAML identity provider publishes of itself (SAML 2.0 metadata sections 2.3 and 2.4).
///
/// It comes over TLS or from the grants repository, which is what makes it believed: a signature in it is not looked at.
struct SAMLMetadata: Sendable {
    struct Provider: Sendable {
        var entity: ByteString
        /// DER. A certificate's own times say nothing here: it only carries the key.
        var certificates: [[UInt8]]
        /// The metadata itself is good until then.
        var validUntil: Instant?
    }

    var providers: [Provider]

    private static let mostCertificates = 16

    init(_ bytes: [UInt8]) throws(IssuerFault) {
        let root: XMLElement
        do throws(XMLFault) {
            root = try XMLReader.read(bytes, limits: .metadata)
        } catch {
            throw IssuerFault("its metadata is not plain XML (\(error))")
        }
        let entities: [XMLElement]
        if root.is("EntityDescriptor", XMLNamespace.metadata) {
            entities = [root]
        } else {
            guard root.is("EntitiesDescriptor", XMLNamespace.metadata) else {
                throw IssuerFault("its metadata describes no entity")
            }
            entities = root.children("EntityDescriptor", XMLNamespace.metadata)
        }
        let outer = try Self.validUntil(root)
        var providers: [Provider] = []
        for entity in entities {
            let roles = entity.children("IDPSSODescriptor", XMLNamespace.metadata)
            guard let identifier = entity["entityID"], !identifier.isEmpty, !roles.isEmpty else { continue }
            let times =
                try [outer, Self.validUntil(entity)]
                + roles.map { role throws(IssuerFault) in
                    try Self.validUntil(role)
                }
            let certificates = roles.flatMap { Self.certificates(of: $0) }
            providers.append(
                Provider(
                    entity: identifier, certificates: Array(certificates.prefix(Self.mostCertificates)),
                    validUntil: times.compactMap { $0 }.min()))
        }
        guard Set(providers.map(\.entity)).count == providers.count else {
            throw IssuerFault("its metadata describes one entity twice")
        }
        self.providers = providers
    }

    /// The provider that a document means: by its entity id, or the only one there is.
    func provider(named entity: ByteString) throws(IssuerFault) -> Provider {
        let found = entity.isEmpty ? providers : providers.filter { $0.entity == entity }
        guard let provider = found.first, found.count == 1 else {
            throw IssuerFault(
                entity.isEmpty
                    ? "its metadata describes \(found.count) identity providers; say which with `issuer`"
                    : "its metadata does not describe `\(entity)`")
        }
        guard !provider.certificates.isEmpty else {
            throw IssuerFault("its metadata has no certificate for signatures")
        }
        return provider
    }

    private static func validUntil(_ element: XMLElement) throws(IssuerFault) -> Instant? {
        guard let text = element["validUntil"] else { return nil }
        guard let instant = SAMLTime.instant(text) else {
            throw IssuerFault("its metadata's `validUntil` is malformed")
        }
        return instant
    }

    private static func certificates(of role: XMLElement) -> [[UInt8]] {
        role.children("KeyDescriptor", XMLNamespace.metadata)
            .filter { $0["use"] == nil || $0["use"] == "signing" }
            .flatMap { $0.children("KeyInfo", XMLNamespace.signature) }
            .flatMap { $0.children("X509Data", XMLNamespace.signature) }
            .flatMap { $0.children("X509Certificate", XMLNamespace.signature) }
            .compactMap { element in
                let digits = element.text.filter { $0 > 0x20 }
                guard let der = Base64.decode(digits), isStrong(der) else { return nil }
                return der
            }
    }

    /// RSA of 2048 to 8192 bits, or one of the usual curves.
    private static func isStrong(_ der: [UInt8]) -> Bool {
        guard let certificate = try? Certificate(derEncoded: der) else { return false }
        if let rsa = _RSA.Signing.PublicKey(certificate.publicKey) {
            return (2_048...8_192).contains(rsa.keySizeInBits)
        }
        return P256.Signing.PublicKey(certificate.publicKey) != nil
            || P384.Signing.PublicKey(certificate.publicKey) != nil
            || P521.Signing.PublicKey(certificate.publicKey) != nil
    }
}

/// The times of SAML: UTC, to the second; fractions are cut off (SAML 2.0 core section 1.3.3).
enum SAMLTime {
    static func instant(_ text: ByteString) -> Instant? {
        guard let point = text.bytes.firstIndex(of: UInt8(ascii: ".")) else { return Instant(text) }
        let fraction = text.bytes[(point + 1)...].dropLast()
        guard text.bytes.last == UInt8(ascii: "Z"), !fraction.isEmpty, fraction.count <= 12,
            fraction.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Instant(ByteString(Array(text.bytes[..<point]) + [UInt8(ascii: "Z")]))
    }
}
