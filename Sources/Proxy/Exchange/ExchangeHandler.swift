import GrantModel
import Identity
import NIOCore
import NIOHTTP1
import Records

/// Carries the requests of one HTTP/1.1 connection, or the one of an HTTP/2 stream, through the gateway.
///
/// A thin shell: `ExchangeStateMachine` says what happens next. Lives on one event loop, which also owns everything it
/// calls; nothing here waits or locks.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    /// Of an HTTP/2 stream; an HTTP/1.1 connection takes bytes.
    typealias OutboundOut = HTTPServerResponsePart

    enum Transport {
        case http1
        /// A stream of an HTTP/2 connection.
        case http2
    }

    let loop: LoopState
    let transport: Transport
    /// What the client presented when the connection began.
    let certificate: CertificateChain?
    var machine = ExchangeStateMachine()
    var request: RequestInProgress
    /// Changes with every request: what comes back late finds out whether it is still meant.
    private(set) var epoch: UInt64 = 0
    /// Where the loop's list has this handler.
    var slot = -1

    var context: ChannelHandlerContext?
    var connection: UpstreamConnection?
    var waiter: PoolStateMachine.WaiterID?
    var pool: UpstreamPool?
    /// The client takes in what is written; otherwise the upstream is made to wait.
    private(set) var isWritable = true
    private var readWasAsked = false
    private var readsArePaused = false
    /// Parts of later requests that were pipelined; bounded by not reading on.
    private var held = CircularBuffer<HTTPServerRequestPart>()
    private var isReplaying = false
    /// When to give up waiting for the client, in nanoseconds on the loop's clock.
    var deadline: Int64
    var isClosing = false
    private var closeIsScheduled = false
    /// Serialised parts of the answer that were not handed on yet; HTTP/1.1 only.
    var gathered = ByteBuffer()
    /// The answer under way is sent in chunks (RFC 9112 §7.1).
    var isChunking = false
    /// Something was sent in this turn of the loop.
    var flushIsDue = false

    // Unsafe in name only: never written, and without a mask or a decoder, which are what may not be shared.
    nonisolated(unsafe) private static let noRequest = RequestInProgress(
        head: HTTPRequestHead(version: .http1_1, method: .GET, uri: ""), arrived: 0, milliseconds: 0,
        id: RecordID(value: 0)
    )
    private static let mostHeldParts = 512
    /// How much of a body may come before it matters whether any grant names its caller, in bytes.
    static let unnamedBytes = 64 << 10

    init(loop: LoopState, transport: Transport, certificate: CertificateChain? = nil) {
        self.loop = loop
        self.transport = transport
        self.certificate = certificate
        request = Self.noRequest
        deadline = Self.now + loop.configuration.timeouts.head.nanoseconds
    }

    static var now: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isWritable = context.channel.isWritable
        loop.add(self)
        if loop.isDraining { close() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.remove(self)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Nothing that comes behind the last request of a connection is looked at (RFC 9112 §9.6).
        guard !isClosing else { return }
        let part = unwrapInboundIn(data)
        if held.isEmpty || isReplaying { take(part) } else { hold(part) }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            switch machine.headArrived() {
            case .begin: begin(head)
            case .hold: hold(part)
            case .take, .drop: break
            }
        case .body(let bytes):
            switch machine.bodyArrived() {
            case .take: collect(bytes)
            case .hold: hold(part)
            case .begin, .drop: break
            }
        case .end:
            // Of a request that is held as well.
            if machine.requestEnded, machine.isActive { return hold(part) }
            follow(machine.endArrived())
        }
    }

    private func hold(_ part: HTTPServerRequestPart) {
        guard held.count < Self.mostHeldParts else {
            close()
            return
        }
        held.append(part)
        pauseReads()
    }

    /// Takes up the next pipelined request, if there is one.
    private func replay() {
        guard !isReplaying else { return }
        isReplaying = true
        while let part = held.first {
            let isHead = if case .head = part { true } else { false }
            guard !machine.isActive || (!isHead && !machine.requestEnded) else { break }
            held.removeFirst()
            take(part)
        }
        isReplaying = false
        if held.isEmpty, machine.phase != .identifying { resumeReads() }
    }

    func read(context: ChannelHandlerContext) {
        if readsArePaused {
            readWasAsked = true
        } else {
            context.read()
        }
    }

    func pauseReads() {
        readsArePaused = true
    }

    func resumeReads() {
        guard readsArePaused else { return }
        readsArePaused = false
        if readWasAsked {
            readWasAsked = false
            context?.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        connection?.setPaused(!isWritable)
        request.lastActivity = Self.now
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What still arrives behind a request that could not be parsed; the answer to that one is on its way.
        if case .dataReceivedInErrorState = error as? ByteToMessageDecoderError { return }
        guard let error = error as? HTTPParserError, error != .invalidEOFState, transport == .http1 else {
            return close()
        }
        switch machine.phase {
        case .idle: refuseUnparsed(error)
        case .identifying, .receiving:
            // Whatever follows cannot be told apart from this body.
            request.keepAlive = false
            _ = machine.endArrived()
            refuse(.unparsable(error))
        case .recording, .connecting, .waiting, .streaming:
            // What came behind the request at hand; that one is answered.
            request.keepAlive = false
        case .discarding, .closed: close()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if machine.closed() { complete(.clientGone) }
        giveUpUpstream()
        releaseBody()
        held.removeAll()
        context.fireChannelInactive()
    }

    // MARK: A request's beginning and end

    private func begin(_ head: HTTPRequestHead) {
        epoch &+= 1
        let milliseconds = loop.clock.milliseconds
        request = RequestInProgress(
            head: head, arrived: Self.now, milliseconds: milliseconds, id: loop.records.nextID(time: milliseconds)
        )
        request.keepAlive = transport == .http1 && head.version == .http1_1 && head.isKeepAlive && !loop.isDraining
        request.lastActivity = request.arrived
        deadline = request.arrived + loop.configuration.timeouts.body.nanoseconds
        if let fault = prepare() {
            request.keepAlive = false
            return refuse(fault)
        }
        if let fault = endpointFault() { return refuse(fault) }
        identify()
    }

    /// Part of a request that cannot be parsed: the connection is of no further use.
    private func refuseUnparsed(_ error: HTTPParserError) {
        _ = machine.headArrived()
        _ = machine.endArrived()
        epoch &+= 1
        let milliseconds = loop.clock.milliseconds
        request = RequestInProgress(
            head: HTTPRequestHead(version: .http1_1, method: .GET, uri: ""), arrived: Self.now,
            milliseconds: milliseconds, id: loop.records.nextID(time: milliseconds)
        )
        request.keepAlive = false
        refuse(.unparsable(error))
    }

    func follow(_ next: ExchangeStateMachine.Next) {
        switch next {
        case .nothing: break
        case .decide: decide()
        case .settle: settle()
        }
    }

    /// The exchange is over and the request read to its end.
    private func settle() {
        // An HTTP/2 stream ends by itself once both sides are through and what was written has left.
        guard transport == .http1 else {
            deadline = Self.now + loop.configuration.timeouts.silence.nanoseconds
            return
        }
        guard request.keepAlive, !loop.isDraining else { return closeWhenFlushed() }
        deadline = Self.now + loop.configuration.timeouts.idle.nanoseconds
        request = Self.noRequest
        if held.isEmpty, !readsArePaused { return }
        replay()
    }

    func complete(_ end: CompletionRecord.End) {
        guard request.isRecorded, !request.isCompleted else { return }
        request.isCompleted = true
        // Of an answer that broke off as well.
        recordMasked()
        if request.heldAnswer == nil { recordSeen() }
        request.seen = nil
        request.mask = nil
        let now = Self.now
        func microseconds(_ moment: Int64) -> Int64 { moment < 0 ? -1 : (moment - request.arrived) / 1_000 }
        loop.complete(
            CompletionRecord(
                id: request.id, end: end, status: request.status, decided: microseconds(request.decided),
                firstByte: microseconds(request.firstByte), total: microseconds(now),
                responseBytes: request.responseBytes, inputTokens: request.usage?.inputTokens ?? -1,
                outputTokens: request.usage?.outputTokens ?? -1
            )
        )
    }

    // MARK: Closing

    func close() {
        flush()
        guard transport == .http2 else {
            context?.close(promise: nil)
            return
        }
        // A stream must not be closed while it is still being opened, which is when a header that makes no request is
        // found out: its connection would not know it yet. It carries one exchange, so that late is never wrong.
        guard !closeIsScheduled, let context else { return }
        closeIsScheduled = true
        isClosing = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.context?.close(promise: nil) }
    }

    /// Closes once what was written has left, or shortly after if it cannot.
    func closeWhenFlushed(within nanoseconds: Int64 = 60_000_000_000) {
        guard !isClosing, let context, let flushed = flushed() else { return }
        isClosing = true
        deadline = Self.now + nanoseconds
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        flushed.whenComplete { _ in bound.value.close() }
    }

    // MARK: The loop

    func drain() {
        request.keepAlive = false
        if !machine.isActive, transport == .http1 { close() }
    }

    func endForDrain() {
        if machine.isActive { complete(.drained) }
        close()
    }

    func tick(now: Int64, milliseconds: Int64) {
        switch machine.phase {
        case .idle:
            if now >= deadline { close() }
        case .identifying, .closed:
            break
        case .recording:
            // What is not on record by now is not waited for: the client is told so, and nothing is forwarded.
            if now >= deadline { recorded(epoch: epoch, durably: false) }
        case .receiving:
            if now >= deadline {
                request.keepAlive = false
                refuse(
                    RequestFault(
                        status: 408, reason: "body_timeout", message: "the request's body did not arrive in time"
                    )
                )
            }
        case .discarding:
            if now >= deadline { close() }
        case .connecting, .waiting, .streaming:
            reconsiderIfOver(milliseconds: milliseconds)
            checkUpstreamTime(now: now)
        }
        if isClosing, now >= deadline { close() }
    }
}

@available(*, unavailable)
extension ExchangeHandler: Sendable {}

extension RequestFault {
    fileprivate static func unparsable(_ error: HTTPParserError) -> RequestFault {
        error == .headerOverflow
            ? RequestFault(status: 431, reason: "header_overflow", message: "the request's header is too large")
            : RequestFault(status: 400, reason: "malformed_http", message: "this is not valid HTTP/1.1")
    }
}
