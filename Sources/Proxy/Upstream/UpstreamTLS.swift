import NIOSSL

/// TLS towards upstreams: verified against the system's authorities, and the operator's own beside them.
enum UpstreamTLS {
    /// - Parameter authorities: PEM certificates; nil for none.
    static func context(authorities: String?) throws(ListenerFault) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            if let authorities {
                let certificates = try NIOSSLCertificate.fromPEMBytes(Array(authorities.utf8))
                configuration.additionalTrustRoots = [.certificates(certificates)]
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .authorities(reason: "\(error)")
        }
    }
}
