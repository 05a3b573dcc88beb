import GrantModel
import NIOCore
import NIOHTTP1
import Records

extension ExchangeHandler {
    /// Answers with `request.refusal`.
    func answer(end: CompletionRecord.End) {
        guard context != nil else { return close() }
        if request.own != nil { return sendOwn(ownAnswer(), end: end) }
        guard let fault = request.refusal else { return close() }
        releaseBody()
        let refusal = Refusal(fault, request: request.id.text)
        let body = refusal.body(for: request.kind)
        var fields = newAnswer(HTTPResponseStatus(statusCode: fault.status))
        for (name, value) in refusal.headers(for: request.kind) { fields.add(name, value) }
        fields.add("content-length", String(body.count))
        if transport == .http1, !request.keepAlive || loop.isDraining {
            request.keepAlive = false
            fields.add("connection", "close")
        }
        request.status = fault.status
        sendHead(fields)
        if request.head.method != .HEAD {
            request.responseBytes = Int64(body.count)
            sendBody(ByteBuffer(bytes: body))
        }
        finish(end)
    }

    /// The last part of an answer: the exchange is complete.
    func finish(_ end: CompletionRecord.End) {
        guard context != nil else { return }
        sendEnd()
        complete(end)
        let next = machine.answered()
        if machine.phase == .discarding { deadline = Self.now + 5_000_000_000 }
        follow(next)
    }

    /// Takes away an answer that is no longer allowed.
    func cut(_ fault: RequestFault) {
        switch machine.cut() {
        case .nothing: break
        case .refuseWhenRecorded:
            request.refusal = fault
            request.wasCut = true
        case .refuse:
            giveUpUpstream()
            request.refusal = fault
            answer(end: .cut)
        case .endResponse: endResponse(fault, .cut, cleanly: true)
        }
    }

    /// Ends a response that has begun: an event stream with an error event, which its client shows; anything else so
    /// that its client sees that it is not whole.
    ///
    /// - Parameter cleanly: an event stream may end as if it were complete behind its error event, so that the client's
    ///   other work on the connection goes on.
    func endResponse(_ fault: RequestFault, _ end: CompletionRecord.End, cleanly: Bool) {
        giveUpUpstream()
        guard context != nil else { return }
        if request.heldAnswer != nil {
            // Nothing of it was delivered.
            request.heldAnswer = nil
            request.refusal = fault
            return answer(end: end)
        }
        if request.isEventStream, !request.hasLength, request.head.method != .HEAD {
            var event = Refusal(fault, request: request.id.text).event(for: request.kind)[...]
            // Behind half an event a line break is enough: the last `event:` line of a block names it, and a blank line
            // would hand the half to the client's JSON parser.
            event = event.drop { $0 == UInt8(ascii: "\n") }
            var bytes = ByteBuffer()
            if !request.isBetweenEvents { bytes.writeStaticString("\n") }
            bytes.writeBytes(event)
            request.responseBytes += Int64(bytes.readableBytes)
            sendBody(bytes)
            flushOutput()
            if cleanly { return finish(end) }
        }
        complete(end)
        // Without the response's end (RFC 9112 §8; an HTTP/2 stream is reset, RFC 9113 §8.1).
        closeWhenFlushed(within: 5_000_000_000)
    }
}
