import GrantModel
import Identity
import NIOCore
import StrictJSON

/// The request's body while it comes in: how much of it may be held, and in which buffer.
extension ExchangeHandler {
    /// When a caller may try again whose body found no room, in seconds.
    private static let budgetRetry = 2

    func collect(_ bytes: ByteBuffer) {
        var bytes = bytes
        let count = bytes.readableBytes
        let limits = loop.configuration.limits
        guard request.bodyBytes + count <= limits.bodyBytes else { return refuseTooLarge() }
        guard request.own == nil || request.bodyBytes + count <= TokenVerifier.longestForm else {
            return refuse(.formTooLarge)
        }
        guard loop.bufferedBytes + count <= limits.bufferedBytesPerLoop else {
            return refuse(
                RequestFault(
                    status: 503, reason: "body_budget", message: "too many request bodies are under way; try again",
                    retryAfter: Self.budgetRetry
                )
            )
        }
        guard reserve(count) else {
            return refuse(
                RequestFault(
                    status: 429, reason: "body_budget",
                    message: "too many of your request bodies are under way; wait until some are through",
                    retryAfter: Self.budgetRetry
                )
            )
        }
        keep(&bytes)
        request.bodyBytes += count
        request.receivedBytes += count
        request.lastActivity = Self.now
        if request.bodyBytes - count <= Self.unnamedBytes { _ = admitsBody(of: request.bodyBytes) }
    }

    /// Most bodies come whole and stay a slice of what was read; pieces are put together once, in a buffer with room for
    /// all of them.
    private func keep(_ bytes: inout ByteBuffer) {
        let count = bytes.readableBytes
        let total = request.fields.contentLength ?? 0
        if request.bodyBytes == 0 {
            // No more than four times what was received is reserved on a length's word.
            guard count < total, total <= 4 * count, total + JSONParser.padding <= BufferPool.largest else {
                request.body = bytes
                return
            }
            request.body = loop.bodyBuffers.take(capacity: total + JSONParser.padding)
            request.ownsBody = true
        } else if !request.ownsBody || request.body.writableBytes < count {
            let doubled = request.bodyBytes * 2
            let room = total > 0 ? min(total, max(256 << 10, doubled)) : doubled
            var larger = loop.bodyBuffers.take(
                capacity: max(room, request.bodyBytes + count) + JSONParser.padding)
            larger.writeImmutableBuffer(request.body)
            if request.ownsBody { loop.bodyBuffers.give(request.body) }
            request.body = larger
            request.ownsBody = true
        }
        request.body.writeBuffer(&bytes)
    }

    /// Counts bytes of the body against what the loop holds for its caller, once that one is known.
    @discardableResult
    func reserve(_ count: Int) -> Bool {
        if let holder = request.holder { return loop.holdBody(count, for: holder) }
        guard let caller = request.caller else {
            loop.bufferedBytes += count
            return true
        }
        let holder = BodyHolder(issuer: caller.issuer, subject: caller.subject)
        guard loop.holdBody(count, before: request.bodyBytes, for: holder) else { return false }
        request.holder = holder
        return true
    }

    func refuseTooLarge() {
        refuse(
            RequestFault(
                status: 413, reason: "body_too_large",
                message: "the request's body is larger than \(loop.configuration.limits.bodyBytes >> 20) MiB"
            )
        )
    }

    func releaseBody() {
        loop.releaseBody(request.bodyBytes, of: request.holder)
        request.holder = nil
        request.bodyBytes = 0
        if request.ownsBody {
            loop.bodyBuffers.give(request.body)
            request.ownsBody = false
        }
        request.body = ByteBuffer()
        loop.headBuffers.give(request.prepared)
        request.prepared = ByteBuffer()
    }
}
