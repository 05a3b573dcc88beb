import NIOCore
import NIOHTTP1

/// One admin connection: reads a request, answers it, waits for the next.
final class AdminHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    struct Limits: Sendable {
        var webhookBody = 1 << 20
        /// Of requests that need none.
        var otherBody = 16 << 10
        /// From the connection or a request's head to the request's end.
        var request = TimeAmount.seconds(10)
        var answer = TimeAmount.seconds(30)
        /// Between requests; above Prometheus' usual minute.
        var idle = TimeAmount.seconds(75)
        /// How long input is thrown away after a refusal, so that the client gets to read it instead of a reset.
        var linger = TimeAmount.seconds(1)
    }

    private enum State {
        case idle
        /// The answer is known, except for what the body adds; so many bytes of it were thrown away.
        case skipping(HTTPRequestHead, AdminTarget, Int)
        case readingWebhook(HTTPRequestHead, WebhookKind, [UInt8])
        case answering(HTTPRequestHead)
        case ended
    }

    private let routes: AdminRoutes
    private let limits: Limits
    private let connections: AdminConnections
    private var state = State.idle
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?

    init(routes: AdminRoutes, limits: Limits, connections: AdminConnections) {
        self.routes = routes
        self.limits = limits
        self.connections = connections
    }

    var isIdle: Bool {
        if case .idle = state { true } else { false }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if connections.add(self) {
            expect(within: limits.request, context)
        } else {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        leave()
        connections.remove(self)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let bytes): take(bytes, context)
        case .end: finish(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The pipeline's error handler has answered 400 to what is no HTTP; a connection that broke is just closed.
        context.close(promise: nil)
    }

    /// Closes the connection at once.
    func end() {
        leave()
        context?.close(promise: nil)
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard case .idle = state else { return }
        connections.used(self)
        expect(within: limits.request, context)
        let target = AdminTarget(method: head.method, uri: head.uri)
        guard case .webhook(let kind) = target else {
            state = .skipping(head, target, 0)
            return
        }
        if !routes.hasWebhook(kind) {
            state = .skipping(head, .unknown, 0)
        } else if declaredLength(head) > limits.webhookBody {
            send(.tooLarge, to: head, context)
        } else if !kind.signatureHeaders.contains(where: { head.headers[$0].count == 1 }) {
            var answer = AdminAnswer.unauthorized
            answer.ends = true
            send(answer, to: head, context)
        } else if !connections.beginWebhook() {
            send(
                AdminAnswer(
                    .serviceUnavailable, "too many webhooks at once", headers: [("retry-after", "1")], ends: true),
                to: head, context)
        } else {
            state = .readingWebhook(head, kind, [])
        }
    }

    private func declaredLength(_ head: HTTPRequestHead) -> Int {
        head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    }

    private func take(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        switch state {
        case .skipping(let head, let target, let skipped):
            let skipped = skipped + bytes.readableBytes
            if skipped > limits.otherBody {
                send(.tooLarge, to: head, context)
            } else {
                state = .skipping(head, target, skipped)
            }
        case .readingWebhook(let head, let kind, var body):
            guard body.count + bytes.readableBytes <= limits.webhookBody else {
                return send(.tooLarge, to: head, context)
            }
            state = .ended  // so that the body is not copied
            body.append(contentsOf: bytes.readableBytesView)
            state = .readingWebhook(head, kind, body)
        case .idle, .answering, .ended:
            break
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        switch state {
        case .skipping(let head, let target, _):
            answer(head, target, context)
        case .readingWebhook(let head, let kind, let body):
            let headers = head.headers.map { (name: $0.name.lowercased(), value: $0.value) }
            if routes.authenticate(WebhookDelivery(kind: kind, headers: headers, body: body)) {
                routes.trigger()
                send(AdminAnswer(.accepted, "accepted"), to: head, context)
            } else {
                send(.unauthorized, to: head, context)
            }
        case .idle, .answering, .ended:
            break
        }
    }

    private func answer(_ head: HTTPRequestHead, _ target: AdminTarget, _ context: ChannelHandlerContext) {
        switch target {
        case .health:
            send(AdminAnswer(.ok, "ok"), to: head, context)
        case .readiness:
            let answer =
                routes.ready()
                ? AdminAnswer(.ok, "ready") : AdminAnswer(.serviceUnavailable, "not ready: no table is live yet")
            send(answer, to: head, context)
        case .status:
            let status = routes.status
            send(to: head, context) {
                AdminAnswer(.ok, type: "application/json", body: await status())
            }
        case .metrics:
            let metrics = routes.metrics
            send(to: head, context) {
                AdminAnswer(.ok, type: PrometheusText.contentType, body: await metrics().exposition())
            }
        case .reconcile:
            if context.remoteAddress?.isLoopback == true {
                routes.trigger()
                send(AdminAnswer(.accepted, "accepted"), to: head, context)
            } else {
                send(AdminAnswer(.forbidden, "only from this machine's own addresses"), to: head, context)
            }
        case .wrongMethod(let allow):
            send(AdminAnswer(.methodNotAllowed, "use \(allow)", headers: [("allow", allow)]), to: head, context)
        case .unknown, .webhook:
            send(.notFound, to: head, context)
        }
    }

    /// Answers with what takes a while to find out.
    private func send(
        to head: HTTPRequestHead, _ context: ChannelHandlerContext,
        _ work: @escaping @Sendable () async -> AdminAnswer
    ) {
        state = .answering(head)
        expect(within: limits.answer, context)
        let found = context.eventLoop.makePromise(of: AdminAnswer.self)
        found.completeWithTask { await work() }
        found.futureResult.assumeIsolated().whenSuccess { answer in
            guard case .answering = self.state, let context = self.context else { return }
            self.send(answer, to: head, context)
        }
    }

    private func send(_ answer: AdminAnswer, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        leave()
        let ends = answer.ends || !head.isKeepAlive || connections.draining
        var headers = HTTPHeaders([
            ("content-type", answer.type), ("content-length", String(answer.body.count)),
            ("cache-control", "no-store"), ("x-content-type-options", "nosniff"),
        ])
        for (name, value) in answer.headers { headers.add(name: name, value: value) }
        if ends { headers.add(name: "connection", value: "close") }
        context.write(
            wrapOutboundOut(
                .head(HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers))), promise: nil)
        if head.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if answer.ends {
            state = .ended
            expect(within: limits.linger, context)
        } else if ends {
            state = .ended
            context.close(promise: nil)
        } else {
            state = .idle
            expect(within: limits.idle, context)
        }
    }

    /// The request in hand is over, whatever came of it.
    private func leave() {
        if case .readingWebhook = state { connections.endWebhook() }
        state = .ended
    }

    private func expect(within time: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { self.end() }
    }
}

@available(*, unavailable)
extension AdminHandler: Sendable {}

extension SocketAddress {
    /// Whether the peer is on this machine: 127.0.0.0/8, ::1, the former inside IPv6 (RFC 4291 section 2.5.5.2), or a
    /// unix socket. The system writes addresses in one way only (RFC 5952).
    var isLoopback: Bool {
        switch self {
        case .v4: ipAddress?.hasPrefix("127.") == true
        case .v6: ipAddress == "::1" || ipAddress?.hasPrefix("::ffff:127.") == true
        case .unixDomainSocket: true
        }
    }
}
