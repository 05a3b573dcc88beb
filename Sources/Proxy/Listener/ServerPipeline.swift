import GrantModel
import Identity
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL

/// Sets up the handlers of accepted connections.
enum ServerPipeline {
    /// - Parameter tls: nil for plain HTTP/1.1.
    static func configure(_ channel: any Channel, loop: LoopState, tls: ListenerTLS?) -> EventLoopFuture<Void> {
        guard loop.admit(channel) else { return channel.close() }
        guard let tls else { return configureHTTP1(channel, loop: loop) }
        let current = tls.current
        let presented = NIOLoopBoundBox<CertificateChain?>(nil, eventLoop: channel.eventLoop)
        do {
            let handler =
                current.asksForCertificates
                ? NIOSSLServerHandler(
                    context: current.context,
                    customVerificationCallback: verification(loop, presented, on: channel.eventLoop))
                : NIOSSLServerHandler(context: current.context)
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        let bound = NIOLoopBound(loop, eventLoop: channel.eventLoop)
        return channel.configureHTTP2SecureUpgrade(
            h2ChannelConfigurator: { configureHTTP2($0, loop: bound.value, certificate: presented.value) },
            http1ChannelConfigurator: { configureHTTP1($0, loop: bound.value, certificate: presented.value) }
        )
    }

    /// Judges the certificates that a client presents: the handshake goes on only if one issuer accepts them. They are kept, and
    /// judged again with every request that goes by them.
    private static func verification(
        _ loop: LoopState, _ presented: NIOLoopBoundBox<CertificateChain?>, on eventLoop: any EventLoop
    ) -> NIOSSLCustomVerificationCallback {
        let verifier = loop.verifier
        let shared = loop.shared
        let clock = loop.clock
        return { certificates, promise in
            guard certificates.count <= 1 + CertificateChain.mostIntermediates,
                let chain = CertificateChain(certificates.compactMap { try? $0.toDERBytes() }),
                chain.certificates.count == certificates.count
            else { return promise.succeed(.failed) }
            Task {
                let result = await verifier.verify(chain, now: Instant(milliseconds: clock.milliseconds))
                eventLoop.execute {
                    switch result {
                    case .success:
                        presented.value = chain
                        promise.succeed(.certificateVerified)
                    case .failure(let refusal):
                        shared.logger.info(
                            "a client certificate is refused", metadata: ["reason": "\(refusal.reason)"])
                        promise.succeed(.failed)
                    }
                }
            }
        }
    }

    private static func configureHTTP1(
        _ channel: any Channel, loop: LoopState, certificate: CertificateChain? = nil
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = loop.configuration.limits.headerBytes
            limits.maxHeaderListSize = loop.configuration.limits.headerBytes
            limits.maxHeaderFieldCount = loop.configuration.limits.headerCount
            let pipeline = channel.pipeline.syncOperations
            // Answers are serialised by the exchange.
            try pipeline.addHandler(
                ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits))
            )
            try pipeline.addHandler(ExchangeHandler(loop: loop, transport: .http1, certificate: certificate))
            loop.opened(channel)
        }
    }

    private static func configureHTTP2(
        _ channel: any Channel, loop: LoopState, certificate: CertificateChain?
    ) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(loop, eventLoop: channel.eventLoop)
        return channel.eventLoop.makeCompletedFuture {
            let limits = loop.configuration.limits
            let timeouts = loop.configuration.timeouts
            var connection = NIOHTTP2Handler.ConnectionConfiguration()
            connection.initialSettings = [
                HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.concurrentStreams),
                HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headerBytes),
            ]
            var stream = NIOHTTP2Handler.StreamConfiguration()
            stream.outboundBufferSizeHighWatermark = 64 << 10
            stream.outboundBufferSizeLowWatermark = 32 << 10
            let management = NIOHTTP2ServerConnectionManagementHandler(
                eventLoop: channel.eventLoop,
                configuration: NIOHTTP2ServerConnectionManagementHandler.Configuration(
                    maxIdleTime: .nanoseconds(timeouts.idle.nanoseconds),
                    maxAge: nil,
                    maxGraceTime: .seconds(loop.configuration.drain.seconds),
                    keepalive: nil
                )
            )
            let handler = NIOHTTP2Handler(
                mode: .server, eventLoop: channel.eventLoop, connectionConfiguration: connection,
                streamConfiguration: stream, streamDelegate: management.http2StreamDelegate
            ) { stream in
                if let connection = stream.parent { bound.value.opened(connection) }
                return stream.eventLoop.makeCompletedFuture {
                    try stream.pipeline.syncOperations.addHandler(AuthorityFields())
                    try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                    try stream.pipeline.syncOperations.addHandler(
                        ExchangeHandler(loop: bound.value, transport: .http2, certificate: certificate)
                    )
                }
            }
            try channel.pipeline.syncOperations.addHandler(handler)
            try channel.pipeline.syncOperations.addHandler(management)
            try channel.pipeline.syncOperations.addHandler(HTTP2Faults())
        }
    }
}
