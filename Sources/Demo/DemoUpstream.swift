import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A small upstream that speaks the Anthropic Messages API: JSON and SSE, tool use, token counts, models, errors.
///
/// What it answers is scripted by the last user message, so that every client can ask for every behaviour; see
/// `DemoReply`. It demands its API key, and remembers what it received byte for byte, so that tests can compare.
package final class DemoUpstream: Sendable {
    /// One request as it arrived.
    package struct Received: Sendable {
        package var method: String
        package var target: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]
    }

    private let channel: any Channel
    private let log: RequestLog

    /// Listens on loopback. Port 0 takes a free one.
    /// - Parameter key: what requests must carry as `x-api-key`; others are answered 401.
    package static func start(
        port: Int = 0, key: String, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> DemoUpstream {
        let log = RequestLog()
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(DemoUpstreamHandler(key: key, log: log))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        return DemoUpstream(channel: channel, log: log)
    }

    private init(channel: any Channel, log: RequestLog) {
        self.channel = channel
        self.log = log
    }

    package var port: Int { channel.localAddress?.port ?? 0 }
    package var url: String { "http://127.0.0.1:\(port)" }

    /// Everything received so far, oldest first; at most the last 10,000.
    package var received: [Received] { log.all }

    package func forgetReceived() { log.clear() }

    package func stop() async {
        try? await channel.close()
    }
}

/// What arrived, kept for tests. Thread-safe.
final class RequestLog: Sendable {
    private static let limit = 10_000
    private let requests = Mutex<[DemoUpstream.Received]>([])

    var all: [DemoUpstream.Received] { requests.withLock { $0 } }

    func append(_ request: DemoUpstream.Received) {
        requests.withLock {
            if $0.count >= Self.limit { $0.removeFirst(Self.limit / 2) }
            $0.append(request)
        }
    }

    func clear() { requests.withLock { $0.removeAll() } }
}
