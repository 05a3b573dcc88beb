import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// An upstream that does what a test says, byte by byte, and remembers what reached it.
final class TestUpstream: Sendable {
    struct Received: Sendable {
        var method: String
        var target: String
        var headers: [(name: String, value: String)]
        var body: [UInt8]
        /// Which connection, counted from 0.
        var connection: Int

        subscript(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
    }

    /// Answers one request.
    struct Responder: Sendable {
        let channel: any Channel

        func send(_ text: String) { send(Array(text.utf8)) }

        func send(_ bytes: [UInt8]) {
            channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        }

        func json(_ body: String, status: Int = 200, headers: String = "") {
            send(
                "HTTP/1.1 \(status) OK\r\ncontent-type: application/json\r\n\(headers)"
                    + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
            )
        }

        func beginEvents() {
            send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        }

        func event(_ name: String, _ data: String) {
            chunk("event: \(name)\ndata: \(data)\n\n")
        }

        func chunk(_ text: String) {
            send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
        }

        func endChunks() { send("0\r\n\r\n") }

        func close() { channel.close(promise: nil) }

        var isClosed: EventLoopFuture<Void> { channel.closeFuture }
    }

    typealias Script = @Sendable (Received, Responder) -> Void

    private struct State {
        var received: [Received] = []
        var connections: [any Channel] = []
        var waiters: [EventLoopPromise<Void>] = []
        var script: Script
    }

    private let state: NIOLockedValueBox<State>
    private let listener: any Channel

    var port: Int { listener.localAddress?.port ?? 0 }

    private init(state: NIOLockedValueBox<State>, listener: any Channel) {
        self.state = state
        self.listener = listener
    }

    static func start(_ script: @escaping Script) async throws -> TestUpstream {
        let state = NIOLockedValueBox(State(script: script))
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let number = state.withLockedValue { state in
                    state.connections.append(channel)
                    return state.connections.count - 1
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
                    )
                    try channel.pipeline.syncOperations.addHandler(Handler(state: state, connection: number))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TestUpstream(state: state, listener: listener)
    }

    /// Answers every request with a message, as the API does.
    static func messages() async throws -> TestUpstream {
        try await start { _, responder in
            responder.json(#"{"type":"message","usage":{"input_tokens":3,"output_tokens":5}}"#)
        }
    }

    var received: [Received] { state.withLockedValue { $0.received } }
    var connectionCount: Int { state.withLockedValue { $0.connections.count } }

    func setScript(_ script: @escaping Script) { state.withLockedValue { $0.script = script } }

    func closeConnections() async {
        for channel in state.withLockedValue({ $0.connections }) { try? await channel.close().get() }
    }

    func stop() async {
        try? await listener.close().get()
        await closeConnections()
    }

    /// Waits for the request with this number, counted from 1.
    func request(_ number: Int, _ limit: TimeAmount = .seconds(60)) async throws -> Received {
        let deadline = NIODeadline.now() + limit
        while true {
            let promise = listener.eventLoop.makePromise(of: Void.self)
            let found = state.withLockedValue { state -> Received? in
                if state.received.count >= number { return state.received[number - 1] }
                state.waiters.append(promise)
                return nil
            }
            if let found {
                promise.succeed()
                return found
            }
            guard NIODeadline.now() < deadline else {
                promise.succeed()
                throw RawConnection.TimedOut(received: "no request \(number) at the upstream")
            }
            let timer = listener.eventLoop.scheduleTask(deadline: deadline) { promise.succeed() }
            try await promise.futureResult.get()
            timer.cancel()
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart

        let state: NIOLockedValueBox<State>
        let connection: Int
        var head: HTTPRequestHead?
        var body: [UInt8] = []

        init(state: NIOLockedValueBox<State>, connection: Int) {
            self.state = state
            self.connection = connection
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = []
            case .body(let bytes): body += Array(bytes.readableBytesView)
            case .end:
                guard let head else { return }
                let received = Received(
                    method: head.method.rawValue, target: head.uri, headers: head.headers.map { ($0.name, $0.value) },
                    body: body, connection: connection
                )
                let (script, waiters) = state.withLockedValue { state in
                    state.received.append(received)
                    defer { state.waiters = [] }
                    return (state.script, state.waiters)
                }
                script(received, Responder(channel: context.channel))
                for waiter in waiters { waiter.succeed() }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
