import Foundation
import GrantModel
import SwiftASN1
@_spi(FixedExpiryValidationTime) @_spi(DisableValidityCheck) import X509

/// One `kind: mtls` issuer: whose certificates are accepted, and what they become.
struct CertificateAuthority: Sendable {
    let issuer: Issuer
    /// These alone; the system's are not asked.
    private let roots: [Certificate]

    init(_ issuer: Issuer) {
        self.issuer = issuer
        roots = Self.certificates(in: issuer.certificateAuthority ?? "").compactMap { try? Certificate(derEncoded: $0) }
    }

    /// The DER of every certificate of a PEM text (RFC 7468 section 5).
    static func certificates(in pem: String) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var body: [UInt8] = []
        for line in pem.utf8.split(separator: 0x0A) {
            if line.starts(with: "-----BEGIN".utf8) {
                body = []
            } else if line.starts(with: "-----END".utf8) {
                if let der = Base64.decode(body) { found.append(der) }
            } else {
                body.append(contentsOf: line)
            }
        }
        return found
    }

    /// The caller whose certificate it is, once a way to one of the authorities is found that holds now (RFC 5280 section 6).
    func caller(of chain: CertificateChain, now: Instant) async throws(CertificateFault) -> Caller {
        var certificates: [Certificate] = []
        for der in chain.certificates {
            guard let certificate = try? Certificate(derEncoded: der) else { throw .malformed }
            certificates.append(certificate)
        }
        guard let own = certificates.first, let der = chain.certificates.first else { throw .malformed }
        let way = try await way(from: own, by: CertificateStore(certificates.dropFirst()), now: now)
        let lifetime = own.notValidAfter.timeIntervalSince(own.notValidBefore)
        guard lifetime <= Double(issuer.longest.seconds) else { throw .tooLongLived }
        let end = way.map(\.notValidAfter).min() ?? own.notValidAfter
        return try CertificateAttributes(own, der: der).caller(
            of: issuer,
            // The last second is part of a certificate's time (RFC 5280 section 4.1.2.5).
            expires: Instant(seconds: Int64(end.timeIntervalSince1970.rounded(.down)) + 1))
    }

    private func way(
        from own: Certificate, by others: CertificateStore, now: Instant
    ) async throws(CertificateFault) -> [Certificate] {
        if !ClientPurpose.isForClients(own) { throw .purpose }
        let date = Date(timeIntervalSince1970: Double(now.seconds))
        var verifier = Verifier(rootCertificates: CertificateStore(roots)) {
            RFC5280Policy(fixedExpiryValidationTime: date)
            ClientPurpose()
        }
        if case .validCertificate(let way) = await verifier.validate(leaf: own, intermediates: others) {
            return Array(way)
        }
        // Whether there would be a way at another time, for the record's sake only.
        var search = Verifier(rootCertificates: CertificateStore(roots)) {
            RFC5280Policy.withValidityCheckDisabled()
            ClientPurpose()
        }
        guard case .validCertificate(let former) = await search.validate(leaf: own, intermediates: others) else {
            throw ClientPurpose.isStrong(own) ? .untrusted : .weak
        }
        throw former.contains { date < $0.notValidBefore } ? .notYetValid : .expired
    }
}
