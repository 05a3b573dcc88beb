/// Why the gateway cannot listen, or cannot take over new certificates.
package enum ListenerFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Plain text is for loopback addresses and sockets only.
    case plainText(address: String)
    case certificate(path: String, reason: String)
    case inUse(path: String)
    /// Something that is not a socket lies there.
    case notASocket(path: String)
    case bind(address: String, reason: String)
    case permissions(path: String, reason: String)
    case unknownGroup(name: String)
    case authorities(reason: String)

    package var description: String {
        switch self {
        case .plainText(let address):
            "`\(address)` is not a loopback address: plain text is served on loopback addresses and sockets only; "
                + "give the listener a certificate and a key"
        case .certificate(let path, let reason):
            "cannot use `\(path)`: \(reason); give PEM files of a certificate chain and its key"
        case .inUse(let path): "another process serves `\(path)`; stop it, or choose another path"
        case .notASocket(let path): "`\(path)` exists and is not a socket; move it away, or choose another path"
        case .bind(let address, let reason): "cannot listen on `\(address)`: \(reason)"
        case .permissions(let path, let reason): "cannot set mode and group of `\(path)`: \(reason)"
        case .unknownGroup(let name): "there is no group `\(name)`; create it, or name another"
        case .authorities(let reason): "cannot use the upstream authorities: \(reason); give PEM certificates"
        }
    }
}
