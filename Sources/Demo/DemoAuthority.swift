import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A throw-away certificate authority, made in memory: the demo, tests and benchmarks get their TLS from it.
package struct DemoAuthority: Sendable {
    /// A server's certificate with its key.
    package struct ServerIdentity: Sendable {
        /// The server's certificate, then the authority's.
        package let certificatePEM: String
        package let keyPEM: String

        /// TLS 1.2 and 1.3 with this certificate.
        package func serverConfiguration() throws -> TLSConfiguration {
            let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificatePEM.utf8))
            let key = try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            return configuration
        }
    }

    /// Where `write` put its files; absolute when the directory was.
    package struct Files: Sendable, Hashable {
        /// What clients must trust.
        package var authority: String
        /// The server's chain.
        package var certificate: String
        package var key: String
    }

    let key: P256.Signing.PrivateKey
    let certificate: Certificate
    let name: DistinguishedName
    private let lifetime: TimeInterval
    /// PEM of this authority and of those above it but the first; empty for one that signs for itself.
    let above: [String]
    /// The authority's certificate, which clients must trust.
    package let certificatePEM: String

    /// - Parameters:
    ///   - commonName: what the certificate calls the authority.
    ///   - lifetime: of it and of what it issues, in seconds from now.
    ///   - pathLength: how many authorities may follow below it.
    package init(
        commonName: String = "grantctl demo authority", lifetime: TimeInterval = 30 * 86_400, pathLength: Int = 0
    ) throws {
        try self.init(commonName: commonName, lifetime: lifetime, pathLength: pathLength, above: nil)
    }

    /// An authority below this one.
    package func issueAuthority(commonName: String = "below", pathLength: Int = 0) throws -> DemoAuthority {
        try DemoAuthority(commonName: commonName, lifetime: lifetime, pathLength: pathLength, above: self)
    }

    private init(commonName: String, lifetime: TimeInterval, pathLength: Int, above: DemoAuthority?) throws {
        key = P256.Signing.PrivateKey()
        name = try DistinguishedName { CommonName(commonName) }
        self.lifetime = lifetime
        let publicKey = Certificate.PublicKey(key.publicKey)
        certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -3_600), notValidAfter: Date(timeIntervalSinceNow: lifetime),
            issuer: above?.name ?? name, subject: name,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: pathLength))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: publicKey)
            },
            issuerPrivateKey: Certificate.PrivateKey(above?.key ?? key))
        let pem = try certificate.serializeAsPEM().pemString + "\n"
        certificatePEM = pem
        self.above = above.map { [pem] + $0.above } ?? []
    }

    /// A certificate for a server under these names and addresses.
    /// - Parameter addresses: 4 or 16 bytes each.
    package func issueServer(
        names: [String] = ["localhost"], addresses: [[UInt8]] = [[127, 0, 0, 1], DemoAuthority.loopback6]
    ) throws -> ServerIdentity {
        let serverKey = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(serverKey.publicKey)
        let alternatives =
            names.map { GeneralName.dnsName($0) }
            + addresses.map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0[...])) }
        let subject = try DistinguishedName { CommonName(names.first ?? "server") }
        let issued = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -3_600), notValidAfter: Date(timeIntervalSinceNow: lifetime),
            issuer: name, subject: subject,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(alternatives)
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
            },
            issuerPrivateKey: Certificate.PrivateKey(key))
        return ServerIdentity(
            certificatePEM: try issued.serializeAsPEM().pemString + "\n" + certificatePEM,
            keyPEM: serverKey.pemRepresentation + "\n")
    }

    /// `::1`.
    package static let loopback6: [UInt8] = [UInt8](repeating: 0, count: 15) + [1]

    /// Issues a certificate for loopback and writes `ca.pem`, `tls.crt` and `tls.key` (mode 0600) into a directory that
    /// exists. Files of these names are replaced.
    package func write(to directory: String) throws -> Files {
        let server = try issueServer()
        let files = Files(
            authority: directory + "/ca.pem", certificate: directory + "/tls.crt", key: directory + "/tls.key")
        try Self.write(certificatePEM, to: files.authority, mode: 0o644)
        try Self.write(server.certificatePEM, to: files.certificate, mode: 0o644)
        try Self.write(server.keyPEM, to: files.key, mode: 0o600)
        return files
    }

    /// The mode is set when the file is made, so that a key is never readable to others, not even for a moment.
    private static func write(_ text: String, to path: String, mode: mode_t) throws {
        if unlink(path) != 0, errno != ENOENT {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }
}
