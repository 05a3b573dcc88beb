import NIOCore
import NIOHTTP1

/// Puts requests on the wire that were serialised beforehand.
///
/// The response decoder behind it must see each request's head to frame the response (RFC 9112 §6.3: `HEAD`); the head
/// carries nothing else here, its bytes are part of the first body part.
final class PreparedRequestEncoder: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = ByteBuffer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .body(.byteBuffer(let bytes)):
            context.write(wrapOutboundOut(bytes), promise: promise)
        case .head, .body(.fileRegion), .end:
            promise?.succeed()
        }
    }
}

@available(*, unavailable)
extension PreparedRequestEncoder: Sendable {}
