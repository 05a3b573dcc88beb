import Foundation
import NIOCore
import NIOHTTP1

/// Collects a request, answers it, and sends the events of a stream at their times.
final class DemoUpstreamHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let key: String
    private let log: RequestLog
    private var head: HTTPRequestHead?
    private var body = [UInt8]()
    private var streaming: Scheduled<Void>?

    init(key: String, log: RequestLog) {
        self.key = key
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.removeAll(keepingCapacity: true)
        case .body(let bytes):
            body.append(contentsOf: bytes.readableBytesView)
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        streaming?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        if head.uri == "/demo/received" {
            // For tests in other processes: what arrived so far, and a way to forget it.
            if head.method == .DELETE { log.clear() }
            let requests = log.all.map { request -> [String: Any] in
                [
                    "method": request.method, "target": request.target,
                    "headers": request.headers.map { [$0.name, $0.value] },
                    "body": Data(request.body).base64EncodedString(),
                ]
            }
            return send(.json(200, requests), head: head, context: context)
        }
        log.append(
            DemoUpstream.Received(
                method: head.method.rawValue, target: head.uri,
                headers: head.headers.map { (name: $0.name, value: $0.value) }, body: body
            )
        )
        let path = head.uri.prefix { $0 != "?" }
        if path.hasPrefix("/v1/tickets/") {
            let ticket: [String: Any] = [
                "id": String(path.dropFirst(12)), "subject": "Printer on fire", "status": "open",
            ]
            return send(.json(200, ticket), head: head, context: context)
        }
        guard head.headers[canonicalForm: "x-api-key"].map(String.init) == [key] else {
            return send(.error(401, "authentication_error", "invalid x-api-key"), head: head, context: context)
        }
        let reply: DemoReply
        switch (head.method, path) {
        case (.POST, "/v1/messages"): reply = DemoReply.message(body, key: key)
        case (.POST, "/v1/messages/count_tokens"): reply = .json(200, ["input_tokens": max(1, body.count / 4)])
        case (.GET, "/v1/models"): reply = .json(200, DemoReply.models)
        default: reply = .error(404, "not_found_error", "no such endpoint")
        }
        send(reply, head: head, context: context)
    }

    private func send(_ reply: DemoReply, head: HTTPRequestHead, context: ChannelHandlerContext) {
        var headers: HTTPHeaders = ["request-id": "req_demo_\(UInt32.random(in: 0...UInt32.max))"]
        switch reply {
        case .json(let status, let object):
            let bytes = (try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])) ?? Data()
            headers.add(name: "content-type", value: "application/json")
            headers.add(name: "content-length", value: String(bytes.count))
            write(.head(.init(version: head.version, status: .init(statusCode: status), headers: headers)), context)
            write(.body(.byteBuffer(ByteBuffer(bytes: bytes))), context)
            finish(context, keepAlive: head.isKeepAlive)
        case .events(let events, let every):
            headers.add(name: "content-type", value: "text/event-stream; charset=utf-8")
            headers.add(name: "cache-control", value: "no-cache")
            write(.head(.init(version: head.version, status: .ok, headers: headers)), context)
            sendEvents(events[...], every: every, context: context, keepAlive: head.isKeepAlive)
        }
    }

    private func sendEvents(
        _ events: ArraySlice<DemoReply.Event>, every: TimeAmount?, context: ChannelHandlerContext, keepAlive: Bool
    ) {
        var rest = events
        while let event = rest.popFirst() {
            guard let data = try? JSONSerialization.data(withJSONObject: event.data, options: [.sortedKeys]) else {
                continue
            }
            var bytes = ByteBuffer(string: "event: \(event.name)\ndata: ")
            bytes.writeBytes(data)
            bytes.writeStaticString("\n\n")
            write(.body(.byteBuffer(bytes)), context)
            if let every, event.name == "content_block_delta" {
                context.flush()
                let remaining = rest
                streaming = context.eventLoop.assumeIsolated().scheduleTask(in: every) { [self] in
                    sendEvents(remaining, every: every, context: context, keepAlive: keepAlive)
                }
                return
            }
        }
        finish(context, keepAlive: keepAlive)
    }

    private func write(_ part: HTTPServerResponsePart, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(part), promise: nil)
    }

    private func finish(_ context: ChannelHandlerContext, keepAlive: Bool) {
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if !keepAlive { context.close(promise: nil) }
    }
}
