import NIOCore
import NIOHTTP1

/// What leaves for the client. On HTTP/1.1 it is serialised here, and small pieces are gathered so that a usual answer is
/// one write; an HTTP/2 stream's codec takes part by part.
extension ExchangeHandler {
    /// Pieces of up to this many bytes are copied behind what was gathered.
    private static let gatheredBytes = 16 << 10

    func newAnswer(_ status: HTTPResponseStatus) -> AnswerFields {
        AnswerFields(status, serialised: transport == .http1)
    }

    /// - Parameter chunked: the answer's length is not announced (RFC 9112 §7.1); HTTP/1.1 only.
    func sendHead(_ fields: consuming AnswerFields, chunked: Bool = false) {
        guard transport == .http1 else {
            let head = HTTPResponseHead(version: .http1_1, status: fields.status, headers: fields.headers)
            context?.write(wrapOutboundOut(.head(head)), promise: nil)
            return
        }
        if chunked { fields.add("transfer-encoding", "chunked") }
        isChunking = chunked
        sendGathered()
        gathered = fields.lines
        gathered.writeStaticString("\r\n")
    }

    func sendBody(_ bytes: ByteBuffer) {
        let count = bytes.readableBytes
        guard count > 0 else { return }
        guard transport == .http1 else {
            context?.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
            return
        }
        if isChunking {
            gathered.writeString(String(count, radix: 16))
            gathered.writeStaticString("\r\n")
        }
        if count <= Self.gatheredBytes {
            if gathered.readableBytes + count > 2 * Self.gatheredBytes { sendGathered() }
            bytes.withUnsafeReadableBytes { _ = gathered.writeBytes($0) }
        } else {
            sendGathered()
            context?.write(NIOAny(bytes), promise: nil)
        }
        if isChunking { gathered.writeStaticString("\r\n") }
    }

    /// The answer is whole.
    func sendEnd() {
        guard transport == .http1 else {
            context?.write(wrapOutboundOut(.end(nil)), promise: nil)
            return flushOutput()
        }
        if isChunking { gathered.writeStaticString("0\r\n\r\n") }
        isChunking = false
        flushOutput()
    }

    /// What was sent leaves when this turn of the loop ends.
    func flushOutput() {
        guard !flushIsDue else { return }
        flushIsDue = true
        loop.flushAtEndOfTurn(self)
    }

    /// What was sent leaves now.
    func flush() {
        guard flushIsDue else { return }
        flushIsDue = false
        sendGathered()
        context?.flush()
    }

    /// - Returns: succeeds once everything sent so far was handed to the kernel; nil without a connection.
    func flushed() -> EventLoopFuture<Void>? {
        guard let context else { return nil }
        flushIsDue = false
        sendGathered()
        let promise = context.eventLoop.makePromise(of: Void.self)
        if transport == .http1 {
            context.writeAndFlush(NIOAny(ByteBuffer()), promise: promise)
        } else {
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: promise)
        }
        return promise.futureResult
    }

    private func sendGathered() {
        guard gathered.readableBytes > 0 else { return }
        let bytes = gathered
        gathered = ByteBuffer()
        context?.write(NIOAny(bytes), promise: nil)
    }
}
