import NIOCore
import NIOHTTP1
import NIOTLS

/// One connection to an upstream: a thin shell that serves one exchange at a time. Lives on one event loop.
final class UpstreamConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private enum State {
        /// TCP or TLS is not ready yet.
        case opening
        case idle
        /// The request is sent, or being sent; no byte of a response yet.
        case waiting
        case receiving
        /// The response is whole; the connection is free once what was read with it turned out to be nothing more.
        case finished
        case closed
    }

    let id: PoolStateMachine.ConnectionID
    private let pool: UpstreamPool
    private let waitsForTLS: Bool
    private var context: ChannelHandlerContext?
    private var state = State.opening
    private var exchange: ExchangeHandler?
    private var keepAlive = true
    private var isSending = false
    private var isPaused = false
    private var readWasAsked = false
    /// Requests sent over it.
    private var requests = 0
    /// For how long the upstream says it keeps an unused connection, in seconds.
    private(set) var upstreamKeeps: Int64?

    init(id: PoolStateMachine.ConnectionID, pool: UpstreamPool, waitsForTLS: Bool) {
        self.id = id
        self.pool = pool
        self.waitsForTLS = waitsForTLS
    }

    /// The request at hand is not its first: the upstream may have given up the connection since the last one.
    var servedBefore: Bool { requests > 1 }

    var isOpen: Bool { state != .closed && (context?.channel.isActive ?? false) }

    /// Sends a request, serialised, in one or two pieces. What becomes of it is told to `exchange`.
    func send(_ method: HTTPMethod, _ first: ByteBuffer, _ rest: ByteBuffer?, for exchange: ExchangeHandler) {
        guard let context, state == .idle else {
            exchange.upstreamFailed(.closedBeforeResponse(requestSent: false))
            return
        }
        self.exchange = exchange
        requests += 1
        state = .waiting
        keepAlive = true
        isSending = true
        context.write(wrapOutboundOut(.head(RequestHeads.of(method))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(first))), promise: nil)
        if let rest { context.write(wrapOutboundOut(.body(.byteBuffer(rest))), promise: nil) }
        exchange.loop.flushAtEndOfTurn(self)
    }

    /// The request that was sent last leaves.
    func flush() {
        guard isSending else { return }
        context?.flush()
        // Where the flush found the connection closed, `channelInactive` has run inside it and said so.
        isSending = false
    }

    /// The exchange wants nothing more. A response that is not whole yet costs the connection.
    func abandon() {
        exchange = nil
        if state != .finished { close() }
    }

    /// Stops or resumes reading, so that a slow client slows the upstream down.
    func setPaused(_ paused: Bool) {
        guard isPaused != paused else { return }
        isPaused = paused
        if !paused, readWasAsked {
            readWasAsked = false
            context?.read()
        }
    }

    func close() {
        context?.close(promise: nil)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if !waitsForTLS { becomeReady() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if waitsForTLS, case .handshakeCompleted = event as? TLSUserEvent { becomeReady() }
        context.fireUserInboundEventTriggered(event)
    }

    func read(context: ChannelHandlerContext) {
        if isPaused {
            readWasAsked = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard state == .waiting else { return close() }
            state = .receiving
            keepAlive = head.isKeepAlive
            exchange?.upstreamResponded(head)
        case .body(let bytes):
            guard state == .receiving else { return }
            exchange?.upstreamSent(bytes)
        case .end:
            guard state == .receiving else { return }
            state = .finished
            let exchange = exchange
            self.exchange = nil
            exchange?.upstreamEnded()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if state == .finished {
            // Only now: bytes behind the response in the same read would otherwise answer the next request.
            if keepAlive, context.channel.isActive {
                state = .idle
                setPaused(false)
                pool.released(self)
            } else {
                close()
            }
        } else {
            exchange?.upstreamReadComplete()
        }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let failure: UpstreamFailure =
            switch state {
            case .opening: .connect
            case .waiting where error is HTTPParserError: .malformed
            case .receiving where error is HTTPParserError && context.channel.isActive: .malformed
            case .waiting: .closedBeforeResponse(requestSent: !isSending)
            case .idle, .receiving, .finished, .closed: .truncated
            }
        fail(failure)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let failure: UpstreamFailure =
            switch state {
            case .opening: .connect
            case .waiting: .closedBeforeResponse(requestSent: !isSending)
            case .idle, .receiving, .finished, .closed: .truncated
            }
        fail(failure)
        let last = state
        state = .closed
        switch last {
        case .opening: pool.connectFailed(self)
        case .idle: pool.lostIdle(self)
        case .waiting, .receiving, .finished: pool.lostLeased(self)
        case .closed: break
        }
        context.fireChannelInactive()
    }

    private func fail(_ failure: UpstreamFailure) {
        let exchange = exchange
        self.exchange = nil
        exchange?.upstreamFailed(failure)
    }

    private func becomeReady() {
        guard state == .opening else { return }
        state = .idle
        pool.connected(self)
    }

    func noteKeepAlive(seconds: Int64?) {
        upstreamKeeps = seconds
    }
}

@available(*, unavailable)
extension UpstreamConnection: Sendable {}

/// Heads that only carry a method, made once; see `PreparedRequestEncoder`.
private enum RequestHeads {
    private static let post = HTTPRequestHead(version: .http1_1, method: .POST, uri: "")
    private static let get = HTTPRequestHead(version: .http1_1, method: .GET, uri: "")

    static func of(_ method: HTTPMethod) -> HTTPRequestHead {
        switch method {
        case .POST: post
        case .GET: get
        default: HTTPRequestHead(version: .http1_1, method: method, uri: "")
        }
    }
}
