import NIOCore
import NIOHPACK
import NIOHTTP2

/// Keeps the `:authority` of an HTTP/2 request where it also has a `host` field: of the two the codec behind this handler
/// would pass on the field alone, and which of them counts nobody could tell any more (RFC 9113 §8.3.1).
final class AuthorityFields: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .headers(var headers) = unwrapInboundIn(data), headers.headers.contains(name: "host"),
            let authority = headers.headers.first(name: ":authority")
        else { return context.fireChannelRead(data) }
        // Two fields now, which the exchange takes only if they are the same.
        headers.headers.add(name: "host", value: authority)
        context.fireChannelRead(wrapInboundOut(.headers(headers)))
    }
}

@available(*, unavailable)
extension AuthorityFields: Sendable {}
