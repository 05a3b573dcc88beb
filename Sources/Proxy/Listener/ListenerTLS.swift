import NIOConcurrencyHelpers
import NIOSSL

/// The certificate of one listener, which can be exchanged while connections come in. Thread-safe.
final class ListenerTLS: Sendable {
    private let files: GatewayConfiguration.TLSFiles
    private let current: NIOLockedValueBox<NIOSSLContext>

    init(_ files: GatewayConfiguration.TLSFiles) throws(ListenerFault) {
        self.files = files
        current = NIOLockedValueBox(try Self.load(files))
    }

    /// For the next connection.
    var context: NIOSSLContext { current.withLockedValue { $0 } }

    /// Reads the files again. On an error what was read before stays in use.
    func reload() throws(ListenerFault) {
        let context = try Self.load(files)
        current.withLockedValue { $0 = context }
    }

    private static func load(_ files: GatewayConfiguration.TLSFiles) throws(ListenerFault) -> NIOSSLContext {
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
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .certificate(path: files.key, reason: "it does not belong to the certificate")
        }
    }
}
