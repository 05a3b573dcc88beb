import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A small HTTP/1.1 server on 127.0.0.1 that answers each request by a function. Thread-safe.
package final class DemoIssuerServer: Sendable {
    package struct Request: Sendable {
        package var method: String
        /// The target as it came, query included.
        package var target: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]
    }

    package struct Answer: Sendable {
        package var status: Int
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]

        package init(status: Int = 200, headers: [(name: String, value: String)] = [], body: [UInt8]) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        package init(status: Int = 200, json: String) {
            self.init(status: status, headers: [("content-type", "application/json")], body: Array(json.utf8))
        }
    }

    private let channel: any Channel
    private let connections: DemoIssuerConnections
    package let port: Int

    /// Listens at once.
    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - tls: a certificate of `DemoAuthority`; nil for plain HTTP.
    ///   - answer: called on an event loop, so it must not block; nil closes the connection without an answer.
    package init(
        port: Int = 0, tls: DemoAuthority.ServerIdentity? = nil,
        answer: @escaping @Sendable (Request) -> Answer?
    ) async throws {
        let context = try tls.map { try NIOSSLContext(configuration: $0.serverConfiguration()) }
        let connections = DemoIssuerConnections()
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                connections.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(DemoIssuerHandler(answer: answer))
                }
            }
        channel = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        self.port = channel.localAddress?.port ?? port
        self.connections = connections
    }

    /// Closes the listener and every connection; the port is free afterwards.
    package func stop() async {
        try? await channel.close()
        await connections.closeAll()
    }
}

/// One connection: gathers a request, writes the answer.
private final class DemoIssuerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Larger bodies close the connection.
    private static let longestBody = 64 << 10

    private let answer: @Sendable (DemoIssuerServer.Request) -> DemoIssuerServer.Answer?
    private var head: HTTPRequestHead?
    private var body = [UInt8]()

    init(answer: @escaping @Sendable (DemoIssuerServer.Request) -> DemoIssuerServer.Answer?) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.removeAll(keepingCapacity: true)
        case .body(let buffer):
            body.append(contentsOf: buffer.readableBytesView)
            if body.count > Self.longestBody {
                context.close(promise: nil)
            }
        case .end:
            guard let head else { return }
            self.head = nil
            respond(to: head, context: context)
        }
    }

    private func respond(to head: HTTPRequestHead, context: ChannelHandlerContext) {
        let request = DemoIssuerServer.Request(
            method: head.method.rawValue, target: head.uri,
            headers: head.headers.map { ($0.name.lowercased(), $0.value) }, body: body)
        guard let answer = answer(request) else {
            context.close(promise: nil)
            return
        }
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        headers.replaceOrAdd(name: "content-length", value: String(answer.body.count))
        let status = HTTPResponseStatus(statusCode: answer.status)
        let response = HTTPResponseHead(version: head.version, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        let ends = !head.isKeepAlive
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            if ends {
                channel.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
