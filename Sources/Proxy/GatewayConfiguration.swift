import GrantModel

/// What the operator sets outside the repository. Paths are absolute; secrets are already read.
package struct GatewayConfiguration: Sendable {
    package enum Endpoint: Sendable, Hashable {
        case tcp(host: String, port: Int)
        /// Mode as in `chmod`; the group is left as it is when nil.
        case unix(path: String, mode: UInt16, group: String?)
    }

    package struct Listener: Sendable {
        package var endpoint: Endpoint
        /// PEM files; nil for plain text, which only loopback addresses and sockets may use.
        package var tls: TLSFiles?

        package init(endpoint: Endpoint, tls: TLSFiles?) {
            self.endpoint = endpoint
            self.tls = tls
        }
    }

    package struct TLSFiles: Sendable, Hashable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    package var listeners: [Listener]
    /// The secrets that services name as `credential`.
    package var credentials: [ByteString: Secret]
    /// PEM of extra authorities for TLS to upstreams; the system's are always trusted.
    package var upstreamAuthorities: String?
    package var eventLoops: Int
    /// How long a drain waits for exchanges in flight.
    package var drain: Span
    /// Refusals carry this as `error.details.error_code`; nil for none.
    package var refusalCode: String?

    package init(
        listeners: [Listener], credentials: [ByteString: Secret], upstreamAuthorities: String? = nil,
        eventLoops: Int, drain: Span = Span(seconds: 30), refusalCode: String? = "dlp_request_denied"
    ) {
        self.listeners = listeners
        self.credentials = credentials
        self.upstreamAuthorities = upstreamAuthorities
        self.eventLoops = eventLoops
        self.drain = drain
        self.refusalCode = refusalCode
    }
}

/// A value that must never be shown; its description says so.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
