import NIOConcurrencyHelpers
import NIOSSL

/// The certificate of one listener, which can be exchanged while connections come in, and whose certificates it asks clients
/// for. Thread-safe.
final class ListenerTLS: Sendable {
    /// What the next connection is accepted with.
    struct Current: Sendable {
        var context: NIOSSLContext
        /// PEM of the authorities whose certificates clients are asked for; empty where they are not asked.
        var authorities: [String]

        var asksForCertificates: Bool { !authorities.isEmpty }
    }

    private let files: GatewayConfiguration.TLSFiles
    private let state: NIOLockedValueBox<Current>

    init(_ files: GatewayConfiguration.TLSFiles, authorities: [String] = []) throws(ListenerFault) {
        self.files = files
        state = NIOLockedValueBox(
            Current(context: try Self.load(files, authorities), authorities: authorities))
    }

    /// For the next connection.
    var current: Current { state.withLockedValue { $0 } }

    /// Reads the files again. On an error what was read before stays in use.
    func reload() throws(ListenerFault) {
        let authorities = current.authorities
        let context = try Self.load(files, authorities)
        state.withLockedValue { $0.context = context }
    }

    /// Asks clients for certificates of these authorities from now on; for none where there are none.
    func ask(for authorities: [String]) throws(ListenerFault) {
        guard current.authorities != authorities else { return }
        let context = try Self.load(files, authorities)
        state.withLockedValue { $0 = Current(context: context, authorities: authorities) }
    }

    private static func load(
        _ files: GatewayConfiguration.TLSFiles, _ authorities: [String]
    ) throws(ListenerFault) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
        } catch {
            throw .certificate(path: files.certificate, reason: "it cannot be read as PEM")
        }
        guard !chain.isEmpty else {
            throw .certificate(path: files.certificate, reason: "it holds no certificate")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: files.key, format: .pem)
        } catch {
            throw .certificate(path: files.key, reason: "it cannot be read as a PEM private key")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["h2", "http/1.1"]
        if !authorities.isEmpty {
            // A client without certificate goes on; one with a certificate is judged by `ServerPipeline`, since each
            // issuer has authorities of its own. Clients that hold several are told whose would do.
            configuration.certificateVerification = .optionalVerification
            configuration.trustRoots = .certificates(
                authorities.flatMap { (try? NIOSSLCertificate.fromPEMBytes(Array($0.utf8))) ?? [] })
            configuration.sendCANameList = true
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .certificate(path: files.key, reason: "it does not belong to the certificate")
        }
    }
}
