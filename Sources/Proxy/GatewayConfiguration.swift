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
    /// Where each credential may be sent: scheme, host and port count, the path does not. One that is not in here may be
    /// sent wherever a service names it. None is ever sent in the clear to another machine.
    package var credentialOrigins: [ByteString: [Service.Upstream]]
    /// PEM of extra authorities for TLS to upstreams; the system's are always trusted.
    package var upstreamAuthorities: String?
    package var eventLoops: Int
    /// How long a drain waits for exchanges in flight.
    package var drain: Span
    /// Refusals carry this as `error.details.error_code`; nil for none.
    package var refusalCode: String?
    package var limits: Limits
    package var timeouts: Timeouts
    /// What placeholders are made with (`replace: token`), at least 32 bytes; nil for a random one, with which those of one
    /// run of the gateway mean nothing to the next.
    package var placeholderSecret: Secret?

    package init(
        listeners: [Listener], credentials: [ByteString: Secret],
        credentialOrigins: [ByteString: [Service.Upstream]] = [:], upstreamAuthorities: String? = nil,
        eventLoops: Int, drain: Span = Span(seconds: 30), refusalCode: String? = "dlp_request_denied",
        limits: Limits = Limits(), timeouts: Timeouts = Timeouts()
    ) {
        self.listeners = listeners
        self.credentials = credentials
        self.credentialOrigins = credentialOrigins
        self.upstreamAuthorities = upstreamAuthorities
        self.eventLoops = eventLoops
        self.drain = drain
        self.refusalCode = refusalCode
        self.limits = limits
        self.timeouts = timeouts
    }
}

extension GatewayConfiguration {
    /// What a client or an upstream may make the gateway hold.
    package struct Limits: Sendable {
        /// Names and values of one message's header together, in bytes.
        package var headerBytes = 64 << 10
        package var headerCount = 128
        /// A request's body after transfer decoding, in bytes. 32 MiB is what the Anthropic API itself takes.
        package var bodyBytes = 32 << 20
        /// Request bodies held at once by one event loop, in bytes; beyond it requests are answered 503. One caller may
        /// hold an eighth of it, or one body of the largest size.
        package var bufferedBytesPerLoop = 512 << 20
        /// HTTP/2 streams open at once on one connection.
        package var concurrentStreams = 100
        /// Accepted connections of one event loop; further ones are closed at once.
        package var connectionsPerLoop = 16_384
        /// Connections to one upstream from one event loop.
        package var upstreamConnectionsPerLoop = 1_024
        /// Requests of one event loop that wait for a connection to one upstream; further ones are answered 503.
        package var waitingPerLoop = 4_096
        /// Verified tokens that one event loop remembers.
        package var rememberedTokens = 16_384

        package init() {}
    }

    /// How long the gateway waits. Checked four times a second, so each is late by up to 250 ms.
    package struct Timeouts: Sendable {
        /// For a connection's TLS handshake and, after it, to the first request's head.
        package var head: Duration = .seconds(15)
        /// Without a request on a kept connection.
        package var idle: Duration = .seconds(300)
        /// For a request's body to arrive whole.
        package var body: Duration = .seconds(300)
        /// For a decision to be on disk; then the request is answered 503.
        package var record: Duration = .seconds(10)
        package var connect: Duration = .seconds(10)
        /// From the request's last byte to the response's head. The SDKs of the Anthropic API wait ten minutes.
        package var responseHead: Duration = .seconds(600)
        /// Without a byte of a response that has begun: from the upstream, or towards a client that does not read.
        package var silence: Duration = .seconds(600)
        /// Unused connections to upstreams are closed after this, or a second before the upstream says it would.
        package var upstreamIdle: Duration = .seconds(50)

        package init() {}
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
