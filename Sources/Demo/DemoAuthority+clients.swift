import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

extension DemoAuthority {
    /// A client's certificate with its key.
    package struct ClientIdentity: Sendable {
        /// The client's certificate, then those between it and the authority.
        package let certificatesPEM: [String]
        package let keyPEM: String

        /// DER, in the same order.
        package var certificates: [[UInt8]] {
            certificatesPEM.compactMap { try? PEMDocument(pemString: $0).derBytes }
        }

        /// For a client that trusts `authority` and presents this certificate.
        package func configuration(trusting authority: String) throws -> TLSConfiguration {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
            configuration.certificateChain = try certificatesPEM.flatMap {
                try NIOSSLCertificate.fromPEMBytes(Array($0.utf8)).map { .certificate($0) }
            }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem))
            return configuration
        }
    }

    /// What a client's certificate says.
    package struct ClientSubject: Sendable {
        package enum Purpose: Sendable {
            case clients, servers, anything
        }

        package var commonName: String?
        package var organization: String?
        package var units: [String] = []
        package var uris: [String] = []
        package var names: [String] = []
        package var addresses: [String] = []
        package var purpose = Purpose.clients
        package var isAuthority = false
        /// Seconds from now.
        package var begins: TimeInterval = -60
        package var ends: TimeInterval = 3_600

        package init(commonName: String? = nil, uris: [String] = []) {
            self.commonName = commonName
            self.uris = uris
        }
    }

    package func issueClient(_ subject: ClientSubject) throws -> ClientIdentity {
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let distinguishedName = try DistinguishedName {
            if let organization = subject.organization { OrganizationName(organization) }
            for unit in subject.units { OrganizationalUnitName(unit) }
            if let name = subject.commonName { CommonName(name) }
        }
        let alternatives =
            subject.uris.map { GeneralName.uniformResourceIdentifier($0) }
            + subject.names.map { GeneralName.dnsName($0) } + subject.addresses.map { GeneralName.rfc822Name($0) }
        var extensions = try Certificate.Extensions {
            Critical(
                subject.isAuthority
                    ? BasicConstraints.isCertificateAuthority(maxPathLength: nil)
                    : BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
        }
        switch subject.purpose {
        case .clients: try extensions.append(Certificate.Extension(ExtendedKeyUsage([.clientAuth]), critical: true))
        case .servers: try extensions.append(Certificate.Extension(ExtendedKeyUsage([.serverAuth]), critical: false))
        case .anything: break
        }
        if !alternatives.isEmpty {
            try extensions.append(
                Certificate.Extension(SubjectAlternativeNames(alternatives), critical: distinguishedName.isEmpty))
        }
        let issued = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: Date(timeIntervalSinceNow: subject.begins),
            notValidAfter: Date(timeIntervalSinceNow: subject.ends), issuer: name, subject: distinguishedName,
            extensions: extensions, issuerPrivateKey: Certificate.PrivateKey(self.key))
        return ClientIdentity(
            certificatesPEM: [try issued.serializeAsPEM().pemString + "\n"] + above,
            keyPEM: key.pemRepresentation + "\n")
    }
}
