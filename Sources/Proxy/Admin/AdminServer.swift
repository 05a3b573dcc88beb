import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// Why the admin listener does not listen.
package struct AdminFault: Error, Sendable, Hashable {
    /// Lower case, one line.
    package var message: String
}

/// Health, readiness, status, metrics and webhooks, on an address and an event loop of its own: a busy data path never
/// keeps a health check waiting.
package final class AdminServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let connections: NIOLoopBound<AdminConnections>
    private let logger: Logger

    /// The port it listens on, which the system chose if 0 was asked for.
    package let port: Int

    /// Binds and serves.
    package static func start(
        host: String, port: Int, routes: AdminRoutes, logger: Logger
    ) async throws(AdminFault) -> AdminServer {
        try await start(host: host, port: port, routes: routes, limits: AdminHandler.Limits(), logger: logger)
    }

    static func start(
        host: String, port: Int, routes: AdminRoutes, limits: AdminHandler.Limits, connections capacity: Int = 128,
        logger: Logger
    ) async throws(AdminFault) -> AdminServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        do {
            let connections = try await loop.submit {
                NIOLoopBound(AdminConnections(capacity: capacity), eventLoop: loop)
            }.get()
            var decoding = NIOHTTPDecoderLimitConfiguration()
            decoding.maxHeaderFieldSize = 8 << 10
            decoding.maxHeaderListSize = 32 << 10
            decoding.maxHeaderFieldCount = 64
            let headerLimits = decoding
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 128)
                .childChannelInitializer { child in
                    child.eventLoop.makeCompletedFuture {
                        try child.pipeline.syncOperations.configureHTTPServerPipeline(
                            withPipeliningAssistance: true, withErrorHandling: true,
                            withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
                            withDecoderLimitConfiguration: headerLimits)
                        try child.pipeline.syncOperations.addHandler(
                            AdminHandler(routes: routes, limits: limits, connections: connections.value))
                    }
                }
                .bind(host: host, port: port).get()
            return AdminServer(group: group, channel: channel, connections: connections, logger: logger)
        } catch {
            try? await group.shutdownGracefully()
            throw AdminFault(message: "cannot listen on `\(host):\(port)` for administration: \(error)")
        }
    }

    private init(
        group: MultiThreadedEventLoopGroup, channel: any Channel, connections: NIOLoopBound<AdminConnections>,
        logger: Logger
    ) {
        self.group = group
        self.channel = channel
        self.connections = connections
        self.logger = logger
        port = channel.localAddress?.port ?? 0
    }

    /// Stops listening, lets answers in hand finish for up to `patience` and ends every connection. Once only.
    package func close(patience: Duration = .seconds(5)) async {
        do {
            try await channel.close()
        } catch {
            logger.debug("the admin listener was closed already: \(error)")
        }
        let loop = channel.eventLoop
        let drained = loop.makePromise(of: Void.self)
        loop.execute { [connections] in
            let connections = connections.value
            connections.drain(drained)
            loop.assumeIsolated().scheduleTask(in: TimeAmount(patience)) { connections.endAll() }
        }
        try? await drained.futureResult.get()
        try? await group.shutdownGracefully()
    }
}
