import NIOCore
import NIOHTTP2

/// Closes an HTTP/2 connection whose peer breaks the protocol, or sends more frames that do nothing than any client does
/// (streams begun and reset, settings, pings, continuations).
///
/// `NIOHTTP2Handler` says GOAWAY then and goes on reading. What concerns one stream only is answered by RST_STREAM and comes
/// here too; the connection stays, until there is too much of it.
final class HTTP2Faults: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is NIOHTTP2Errors.ExcessiveRSTFrames, is NIOHTTP2Errors.ExcessiveControlFrames,
            is NIOHTTP2Errors.ExcessiveStreamErrors, is NIOHTTP2Errors.ExcessiveContinuationFrames,
            is NIOHTTP2Errors.ExcessiveEmptyDataFrames, is NIOHTTP2Errors.ExcessiveNumberOfGlitches,
            is NIOHTTP2Errors.ExcessivelyLargeHeaderBlock, is NIOHTTP2Errors.ExcessiveOutboundFrameBuffering,
            is NIOHTTP2Errors.BadClientMagic, is NIOHTTP2Errors.MissingPreface, is NIOHTTP2Errors.UnableToParseFrame,
            is NIOHTTP2Errors.InvalidSetting, is NIOHTTP2Errors.ReceivedBadSettings,
            is NIOHTTP2Errors.InvalidStreamIDForPeer, is NIOHTTP2Errors.PushInViolationOfSetting:
            context.close(promise: nil)
        default: context.fireErrorCaught(error)
        }
    }
}
