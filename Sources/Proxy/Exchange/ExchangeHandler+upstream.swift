import GrantModel
import Masking
import NIOCore
import NIOHTTP1
import Records

extension ExchangeHandler {
    /// Bodies up to this many bytes leave in one piece with the header.
    private static let joinedBytes = 16 << 10

    /// Sends the request on its way: a connection first.
    func forward() {
        guard let target = request.target, let pool = loop.pool(for: target) else {
            // The table changed in between, and this upstream is no longer in it.
            request.refusal = RequestFault(
                status: 503, reason: "moved", message: "this service moved while the request was under way; try again"
            )
            return answer(end: .refused)
        }
        completePrepared()
        self.pool = pool
        request.lastActivity = Self.now
        pool.acquire(for: self, fresh: false)
    }

    /// Ends the header; a small body goes right behind it.
    private func completePrepared() {
        let count = request.body.readableBytes
        if count > 0 || request.fields.contentLength != nil || request.fields.isChunked {
            request.prepared.writeStaticString("content-length: ")
            request.prepared.writeString(String(count))
            request.prepared.writeStaticString("\r\n\r\n")
        } else {
            request.prepared.writeStaticString("\r\n")
        }
        if count > 0, count <= Self.joinedBytes {
            request.body.withUnsafeReadableBytes { _ = request.prepared.writeBytes($0) }
        }
    }

    func upstreamReady(_ connection: UpstreamConnection) {
        waiter = nil
        reconsiderIfOver(milliseconds: loop.clock.milliseconds)
        guard machine.connected() else {
            pool?.released(connection)
            return
        }
        self.connection = connection
        let now = Self.now
        if request.sent < 0 { loop.observeOverhead(nanoseconds: now - max(request.ended, request.arrived)) }
        request.sent = now
        request.lastActivity = now
        let rest = request.body.readableBytes > Self.joinedBytes ? request.body : nil
        connection.setPaused(!isWritable)
        connection.send(request.head.method, request.prepared, rest, for: self)
    }

    func upstreamFailed(_ failure: UpstreamFailure) {
        waiter = nil
        let reused = connection?.servedBefore ?? false
        connection = nil
        switch machine.failed(failure, reused: reused, idempotent: request.isIdempotent) {
        case .nothing: break
        case .retry: pool?.acquire(for: self, fresh: true)
        case .answer:
            request.refusal = failure.fault
            answer(end: .upstreamFailed)
        case .abortResponse: endResponse(failure.fault, .upstreamFailed, cleanly: false)
        }
    }

    func giveUpUpstream() {
        if let waiter {
            pool?.leave(waiter)
            self.waiter = nil
        }
        let connection = connection
        self.connection = nil
        connection?.abandon()
    }

    func checkUpstreamTime(now: Int64) {
        let timeouts = loop.configuration.timeouts
        let waited = now - request.lastActivity
        let failure: UpstreamFailure
        switch machine.phase {
        case .connecting where waited > timeouts.connect.nanoseconds: failure = .connectTimeout
        case .waiting where waited > timeouts.responseHead.nanoseconds: failure = .headTimeout
        case .streaming where waited > timeouts.silence.nanoseconds: failure = .silence
        default: return
        }
        let lost = connection
        if let waiter { pool?.leave(waiter) }
        upstreamFailed(failure)
        lost?.abandon()
    }

    // MARK: The response

    func upstreamResponded(_ head: HTTPResponseHead) {
        let now = Self.now
        request.firstByte = now
        request.lastActivity = now
        loop.observeUpstream(nanoseconds: now - request.sent)
        let hasBody = request.head.method != .HEAD && head.status.mayHaveResponseBody
        let isSuccess = (200..<300).contains(head.status.code)
        let isJudged = hasBody && isSuccess && limitsTools
        let change = isSuccess ? newChange() : nil
        let masking = masking
        var headerMask: HeaderMask?
        if let masking {
            guard let rules = maskRules(masking) else { return refuseMasked(.opaque) }
            if !rules.isEmpty {
                headerMask = HeaderMask(rules: rules, key: placeholderKey, scratch: loop.masks.scratch)
            }
        }
        // What an upstream says behind the number is text like any other; nobody reads it (RFC 9112 §4).
        let status = masking == nil ? head.status : HTTPResponseStatus(statusCode: Int(head.status.code))
        var fields: ResponseFields
        let read = ResponseFields.read(
            head, needle: request.target?.needle, isJudged: isJudged || change != nil || masking != nil,
            mask: headerMask, reference: { self.ownReference($0) }, into: newAnswer(status))
        switch read {
        case .failure(let failure): return failResponse(failure)
        case .success(let read): fields = read
        }
        if let headerMask, !fields.spots.isEmpty {
            record(fields.spots, headerMask.rules.detector.names, reason: "masked_header")
        }
        if isJudged {
            guard let gate = toolGate(for: fields.mediaType) else { return failResponse(.unreadable) }
            request.gate = gate
        }
        if let change, hasBody {
            guard case .json = fields.mediaType else { return failResponse(.unreadable) }
            request.change = change
        }
        if let masking, hasBody, !beginMasking(masking, head) { return }
        guard context != nil, machine.responded() else { return giveUpUpstream() }
        releaseBody()
        connection?.noteKeepAlive(seconds: fields.keepAliveSeconds)
        request.status = Int(head.status.code)
        if case .eventStream = fields.mediaType { request.isEventStream = true }
        request.usage = UsageReader(fields.mediaType)
        request.guardian = request.target?.needle.map(CredentialGuard.init)
        request.decoder = hasBody ? fields.coding.map(ContentDecoder.init) : nil
        if hasBody { beginCounting(head) }
        let isHeld =
            request.change != nil || request.gate?.holdsEverything ?? false || request.mask?.isHeld ?? false
        let isChanged = isJudged || masking != nil || request.decoder != nil
        request.hasLength = isHeld || (fields.contentLength != nil && !isChanged) || !hasBody
        var chunked = false
        if transport == .http1 {
            if !request.hasLength {
                if request.head.version == .http1_1 {
                    chunked = true
                } else {
                    request.keepAlive = false
                }
            }
            if loop.isDraining { request.keepAlive = false }
            if !request.keepAlive { fields.answer.add("connection", "close") }
        }
        fields.answer.add("x-grantctl-request", request.id.text)
        // Whether a body is what its coding says, and what it consists of, shows in its first bytes.
        guard !isHeld, request.decoder == nil, request.mask?.isProbing != true else {
            request.heldAnswer = fields.answer
            request.holdsWhole = isHeld
            request.heldIsChunked = chunked
            return
        }
        sendHead(fields.answer, chunked: chunked)
    }

    func upstreamSent(_ bytes: ByteBuffer) {
        guard context != nil, machine.phase == .streaming else { return }
        request.lastActivity = Self.now
        var bytes = bytes
        if let decoder = request.decoder {
            do {
                bytes = try decoder.decode(bytes)
            } catch {
                return failResponse(.encoded)
            }
            guard bytes.readableBytes > 0 else { return }
        }
        let parser = loop.facts.parser
        bytes.withUnsafeReadableBytes { request.usage?.consume($0, parser: parser) }
        if let verdict = bytes.withUnsafeReadableBytes({ request.guardian?.scan($0) }) {
            switch verdict {
            case .found: return failResponse(.leak)
            case .clean(let replayed, let forwarded):
                if replayed > 0 { write(held: replayed) }
                guard let clean = bytes.readSlice(length: forwarded) else { return failResponse(.malformed) }
                bytes = clean
            }
        }
        pass(bytes)
    }

    func upstreamReadComplete() {
        flushOutput()
    }

    func upstreamEnded() {
        connection = nil
        guard context != nil, machine.phase == .streaming else { return }
        if let decoder = request.decoder, !decoder.isComplete { return upstreamFailed(.truncated) }
        if let held = request.guardian?.finish(), held > 0 { write(held: held) }
        request.usage?.finish(parser: loop.facts.parser)
        completeJudged()
    }

    /// What goes to the client as it is.
    func deliver(_ bytes: ByteBuffer) {
        let count = bytes.readableBytes
        guard count > 0 else { return }
        request.responseBytes += Int64(count)
        if request.isEventStream {
            let last = bytes.getInteger(at: bytes.writerIndex - 1, as: UInt8.self)
            let before = count > 1 ? bytes.getInteger(at: bytes.writerIndex - 2, as: UInt8.self) : nil
            request.isBetweenEvents = last == UInt8(ascii: "\n") && before == UInt8(ascii: "\n")
        }
        sendBody(bytes)
    }

    private func write(held count: Int) {
        guard let needle = request.target?.needle else { return }
        pass(ByteBuffer(bytes: needle.prefix(count)))
    }

    func failResponse(_ failure: UpstreamFailure) {
        let lost = connection
        upstreamFailed(failure)
        lost?.abandon()
    }
}

extension UpstreamFailure {
    fileprivate var fault: RequestFault { RequestFault(status: status, reason: reason, message: message) }
}
