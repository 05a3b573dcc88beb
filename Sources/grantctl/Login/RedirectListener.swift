import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A server on the loopback interface that waits for one browser to come back (RFC 8252 section 7.3).
struct RedirectListener {
    private let channel: any Channel
    private let answers: AsyncStream<RedirectAnswer>
    /// The `redirect_uri` of the login.
    let address: String

    /// - Parameters:
    ///   - redirect: `http://127.0.0.1:PORT/path`, or with `localhost`; port 0 or none for any free one.
    ///   - state: of the login that is waited for.
    static func start(
        _ redirect: String, state: String, issuer: String, requiresIssuer: Bool
    ) async throws(CommandFault) -> RedirectListener {
        guard let url = URLComponents(string: redirect), url.scheme == "http", let host = url.host,
            ["127.0.0.1", "localhost"].contains(host), url.query == nil, url.fragment == nil, url.user == nil
        else {
            throw CommandFault(
                description: "`\(redirect)` is no address to come back to; write `http://127.0.0.1:PORT/callback`, "
                    + "or with `localhost`")
        }
        let (answers, continuation) = AsyncStream.makeStream(of: RedirectAnswer.self)
        let path = url.path.isEmpty ? "/" : url.path
        let expected = RedirectAnswer.Expectation(
            path: path, hosts: [], state: state, issuer: issuer, requiresIssuer: requiresIssuer)
        do {
            let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                        try channel.pipeline.syncOperations.addHandler(
                            RedirectHandler(expected: expected) { continuation.yield($0) })
                    }
                }
                .bind(host: "127.0.0.1", port: url.port ?? 0).get()
            return RedirectListener(
                channel: channel, answers: answers,
                address: "http://\(host):\(channel.localAddress?.port ?? 0)\(url.path)")
        } catch {
            throw CommandFault(
                description: "cannot listen at `\(redirect)`: \(shown("\(error)")); choose another port with --redirect"
            )
        }
    }

    /// A code, or a refusal. Throws when none came in time.
    func answer(within minutes: Int) async throws(CommandFault) -> RedirectAnswer {
        let answers = answers
        let found = await withTaskGroup(of: RedirectAnswer?.self) { group in
            group.addTask {
                for await answer in answers { return answer }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(minutes * 60))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        guard let found else {
            throw CommandFault(
                description: "no browser came back within \(minutes) minutes; run `grantctl login` again, "
                    + "or with --device")
        }
        return found
    }

    func stop() async {
        try? await channel.close().get()
    }
}

/// Answers browsers with a page, and hands on the one answer that is waited for.
private final class RedirectHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let expected: RedirectAnswer.Expectation
    private let found: @Sendable (RedirectAnswer) -> Void
    private var head: HTTPRequestHead?

    init(expected: RedirectAnswer.Expectation, found: @escaping @Sendable (RedirectAnswer) -> Void) {
        self.expected = expected
        self.found = found
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: return
        case .end:
            guard let head else { return }
            self.head = nil
            var expected = expected
            if let port = context.channel.localAddress?.port {
                expected.hosts = ["127.0.0.1:\(port)", "localhost:\(port)"]
            }
            let hosts = head.headers["host"]
            let answer = RedirectAnswer(
                method: head.method.rawValue, target: head.uri, host: hosts.count == 1 ? hosts.first : nil,
                expected: expected)
            respond(answer, context)
        }
    }

    private func respond(_ answer: RedirectAnswer, _ context: ChannelHandlerContext) {
        let (status, text) =
            switch answer {
            case .code: (200, "You are logged in. Go back to the terminal; this page can be closed.")
            case .refused: (200, "The login was refused. The terminal says why; this page can be closed.")
            case .ignored(let status, let text): (status, text)
            }
        let page = "<!doctype html><meta charset=utf-8><title>grantctl</title><p>\(text)</p>\n"
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: "text/html; charset=utf-8")
        headers.add(name: "content-length", value: "\(page.utf8.count)")
        headers.add(name: "connection", value: "close")
        // The code is in this page's address: it must not travel on (RFC 9700 section 4.2.4).
        headers.add(name: "referrer-policy", value: "no-referrer")
        headers.add(name: "cache-control", value: "no-store")
        headers.add(name: "content-security-policy", value: "default-src 'none'")
        context.write(
            wrapOutboundOut(
                .head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers))),
            promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: page)))), promise: nil)
        let written = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        let found = found
        // Handed on once the browser has its page: the listener ends with the login.
        written.futureResult.whenComplete { _ in
            channel.close(promise: nil)
            switch answer {
            case .code, .refused: found(answer)
            case .ignored: return
            }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }
}
