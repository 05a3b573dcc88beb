import Foundation
import GrantModel
import X509

/// What a certificate says about its subject, by the names that documents use.
struct CertificateAttributes {
    private var values: [ByteString: [ByteString]] = [:]
    private let distinguishedName: ByteString
    private let identifiers: [ByteString]

    /// - Parameter der: of the certificate.
    init(_ certificate: Certificate, der: [UInt8]) throws(CertificateFault) {
        distinguishedName = ByteString(certificate.subject.description)
        var values: [ByteString: [ByteString]] = [:]
        values["subject"] = distinguishedName.isEmpty ? [] : [distinguishedName]
        values["sha256"] = [ByteString(Digest.sha256(of: der).hex)]
        values["serial"] = [ByteString(certificate.serialNumber.bytes.map { Self.hex($0) }.joined())]
        for relative in certificate.subject {
            for attribute in relative {
                let name: ByteString
                switch attribute.type {
                case .RDNAttributeType.commonName: name = "cn"
                case .RDNAttributeType.organizationName: name = "o"
                case .RDNAttributeType.organizationalUnitName: name = "ou"
                default: continue
                }
                guard let text = String(attribute.value) else { throw .malformed }
                values[name, default: []].append(ByteString(text))
            }
        }
        let alternatives: SubjectAlternativeNames?
        do {
            alternatives = try certificate.extensions.subjectAlternativeNames
        } catch {
            throw .malformed
        }
        for name in alternatives ?? SubjectAlternativeNames() {
            switch name {
            case .dnsName(let text): values["dns", default: []].append(ByteString(text))
            case .uniformResourceIdentifier(let text): values["uri", default: []].append(ByteString(text))
            case .rfc822Name(let text): values["mail", default: []].append(ByteString(text))
            default: continue
            }
        }
        identifiers = (values["uri"] ?? []).filter { $0.bytes.starts(with: "spiffe:".utf8) }
        if let identifier = identifiers.first, identifiers.count == 1, values["uri"]?.count == 1 {
            guard let domain = Self.trustDomain(of: identifier) else { throw .subject }
            values["spiffe"] = [identifier]
            values["trust_domain"] = [domain]
        }
        self.values = values
    }

    /// - Parameter expires: of whatever ends first on the way to the authority.
    func caller(of issuer: Issuer, expires: Instant) throws(CertificateFault) -> Caller {
        let subject = try subject(issuer.certificateSubject)
        let flat = flatClaims(issuer)
        for (name, value) in issuer.require {
            guard flat[name] == value else { throw .required }
        }
        let email = try texts("email", issuer)
        guard email.count <= 1 else { throw .groups }
        return Caller(
            issuer: issuer.name, subject: subject, email: email.first, groups: try texts("groups", issuer),
            roles: try texts("roles", issuer), claims: flat, expires: expires)
    }

    /// A certificate with several URIs, one of them a SPIFFE ID, is no SVID (SPIFFE X.509-SVID section 2), and says two things.
    private func subject(_ kind: Issuer.CertificateSubject) throws(CertificateFault) -> ByteString {
        let identifier = values["spiffe"]?.first
        guard identifier != nil || identifiers.isEmpty else { throw .subject }
        let subject: ByteString? =
            switch kind {
            case .spiffe: identifier
            case .subject: distinguishedName
            case .either: identifier ?? distinguishedName
            }
        guard let subject, !subject.isEmpty, Self.isPlain(subject) else { throw .subject }
        return subject
    }

    private func texts(_ name: ByteString, _ issuer: Issuer) throws(CertificateFault) -> [ByteString] {
        // Nothing is a group unless the file says what is.
        guard let attribute = issuer.claims[name] else { return [] }
        let texts = values[attribute] ?? []
        guard texts.allSatisfy(Self.isPlain) else { throw .groups }
        return texts
    }

    /// What there is exactly one of, by name, and what the file gives a name of its own.
    private func flatClaims(_ issuer: Issuer) -> [ByteString: ByteString] {
        var flat: [ByteString: ByteString] = [:]
        for (name, texts) in values where texts.count == 1 {
            if let text = texts.first, Self.isPlain(text) { flat[name] = text }
        }
        let named = issuer.claims.filter { $0.key != $0.value && !["groups", "roles", "email"].contains($0.key) }
            .map { ($0.key, flat[$0.value]) }
        for (name, value) in named { flat[name] = value }
        return flat
    }

    /// `spiffe://DOMAIN/PATH`, nothing else (SPIFFE-ID section 2).
    private static func trustDomain(of identifier: ByteString) -> ByteString? {
        let scheme = Array("spiffe://".utf8)
        guard identifier.bytes.starts(with: scheme), identifier.count <= 2_048 else { return nil }
        let rest = identifier.bytes.dropFirst(scheme.count)
        let domain = rest.prefix { $0 != UInt8(ascii: "/") }
        let isDomain = domain.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        let path = rest.dropFirst(domain.count)
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let arePlain = segments.allSatisfy { segment in
            !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
                && segment.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || "-._".utf8.contains(byte)
                }
        }
        guard isDomain, (1...255).contains(domain.count), !path.isEmpty, arePlain else { return nil }
        return ByteString(Array(domain))
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = Array("0123456789abcdef")
        return "\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }

    private static func isPlain(_ text: ByteString) -> Bool {
        text.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
