import GrantModel
import Identity
import Logging
import Masking
import NIOCore
import NIOSSL
import Records

/// Everything one event loop needs to serve its requests. Touched on that loop only: nothing in here is locked.
final class LoopState {
    let eventLoop: any EventLoop
    let configuration: GatewayConfiguration
    let verifier: TokenVerifier
    let records: RecordStore
    let shared: GatewayShared
    let clock: WallClock

    private(set) var live: LiveTable?
    /// Grows when the issuers of the live table change; what was verified before counts no more.
    private(set) var identityGeneration = 0
    private(set) var isDraining = false
    var tokens: TokenCache
    var facts = FactsReader()
    var masks = MaskCache()
    private(set) var metrics = LoopMetrics()
    /// Of requests' serialised beginnings.
    var headBuffers = BufferPool()
    /// Of bodies that came in several pieces.
    var bodyBuffers = BufferPool()
    /// Bytes of request bodies held by exchanges of this loop.
    var bufferedBytes = 0
    /// Of them, those of callers who are known.
    private var bytesByHolder: [BodyHolder: Int] = [:]
    /// An eighth of all, and at least one body of the largest size.
    private let bytesPerHolder: Int

    private let upstreamTLS: NIOSSLContext?
    /// By `ServiceTarget.origin` of the live table.
    private var pools: [UpstreamPool] = []
    /// Of earlier tables, until their last exchange is over.
    private var retiredPools: [UpstreamPool] = []
    private var handlers: [ExchangeHandler] = []
    private var connections: [ObjectIdentifier: any Channel] = [:]
    /// Connections that have brought no exchange about yet, and until when they may take for it, in nanoseconds on the
    /// loop's clock: TLS that does not come about, HTTP/2 without a stream.
    private var opening: [ObjectIdentifier: Int64] = [:]
    private var ticking: RepeatedTask?

    private var decisions: [DecisionRecord] = []
    private var waiting: [WaitingExchange] = []
    private var completions: [CompletionRecord] = []
    /// What is being written, oldest first.
    private var writing: [WritingBatch] = []
    private var nextBatch = 0
    /// What this turn of the loop wrote and did not flush yet.
    private var sending: [UpstreamConnection] = []
    private var answering: [ExchangeHandler] = []
    private var endOfTurnIsScheduled = false
    private var whenIdle: [EventLoopPromise<Void>] = []

    private struct WaitingExchange {
        var handler: ExchangeHandler
        var epoch: UInt64
    }

    private struct WritingBatch {
        var number: Int
        var exchanges: [WaitingExchange]
    }

    init(
        eventLoop: any EventLoop, configuration: GatewayConfiguration, verifier: TokenVerifier, records: RecordStore,
        shared: GatewayShared, clock: WallClock, upstreamTLS: NIOSSLContext?
    ) {
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.verifier = verifier
        self.records = records
        self.shared = shared
        self.clock = clock
        self.upstreamTLS = upstreamTLS
        tokens = TokenCache(capacity: configuration.limits.rememberedTokens)
        let limits = configuration.limits
        bytesPerHolder = max(limits.bufferedBytesPerLoop / 8, limits.bodyBytes)
    }

    /// How late a cut by time or a timeout may be.
    static let tickInterval = TimeAmount.milliseconds(200)

    func start() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        ticking = eventLoop.scheduleRepeatedTask(initialDelay: Self.tickInterval, delay: Self.tickInterval) { _ in
            bound.value.tick()
        }
    }

    func stop() {
        ticking?.cancel()
        for pool in pools + retiredPools { pool.close() }
    }

    func decisionClock(milliseconds: Int64) -> DecisionClock {
        DecisionClock(now: Instant(milliseconds: milliseconds), confirmed: shared.confirmed)
    }

    /// The pool of a service's upstream; nil when no live table of late named it.
    func pool(for target: ServiceTarget) -> UpstreamPool? {
        if pools.indices.contains(target.origin), pools[target.origin].serves(target) { return pools[target.origin] }
        // The request was routed by the table before, where upstreams had other numbers.
        return pools.first { $0.serves(target) } ?? retiredPools.first { $0.serves(target) }
    }

    // MARK: The live table

    /// Decides by this table from now on, and decides again what is under way.
    func adopt(_ table: LiveTable) {
        guard table.sequence > live?.sequence ?? 0 else { return }
        let before = live?.table.issuers ?? []
        let issuersChanged = before != table.table.issuers
        if issuersChanged {
            tokens.removeAll()
            identityGeneration += 1
        }
        live = table
        exchangePools(for: table.origins)
        let now = clock.milliseconds
        for handler in handlers where handler.machine.isDecided {
            handler.reconsider(milliseconds: now)
            if issuersChanged, handler.machine.isDecided {
                handler.reidentify(unlessUnchangedFrom: before, to: table.table.issuers)
            }
        }
    }

    private func exchangePools(for origins: [Service.Upstream]) {
        var unused = pools
        pools = origins.map { origin in
            if let index = unused.firstIndex(where: { $0.upstream == origin }) { return unused.remove(at: index) }
            return UpstreamPool(
                upstream: origin, eventLoop: eventLoop, configuration: configuration, tls: upstreamTLS
            )
        }
        for pool in unused { pool.close() }
        retiredPools = (retiredPools + unused).filter { !$0.isEmpty }
    }

    // MARK: Records

    /// Hands a decision to the next batch; `handler.recorded` runs when it is durable, or cannot be.
    func record(_ decision: consuming DecisionRecord, for handler: ExchangeHandler) {
        metrics.count(decision.verdict, reason: decision.reason)
        decisions.append(decision)
        waiting.append(WaitingExchange(handler: handler, epoch: handler.epoch))
        scheduleEndOfTurn()
    }

    /// Hands over a decision that nobody waits for: one that took something away.
    func record(_ decision: consuming DecisionRecord) {
        metrics.count(decision.verdict, reason: decision.reason)
        decisions.append(decision)
        scheduleEndOfTurn()
    }

    /// Hands over a note about an exchange that is no decision.
    func note(_ record: consuming DecisionRecord) {
        decisions.append(record)
        scheduleEndOfTurn()
    }

    func countMasked(_ spots: [MaskedSpot], _ names: [ByteString]) {
        for spot in spots where names.indices.contains(spot.kind) {
            metrics.countMasked(names[spot.kind], isFault: spot.fault != nil)
        }
    }

    /// Rides along with the next batch, or with the next tick.
    func complete(_ completion: CompletionRecord) {
        metrics.count(completion.end)
        completions.append(completion)
    }

    private func handOver() {
        guard !decisions.isEmpty else { return flushCompletions() }
        nextBatch += 1
        let number = nextBatch
        writing.append(WritingBatch(number: number, exchanges: take(&waiting)))
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        records.write(decisions: take(&decisions), completions: take(&completions)) { [eventLoop] result in
            let durably = if case .success = result { true } else { false }
            eventLoop.execute { bound.value.written(number, durably: durably) }
        }
    }

    private func take<Element>(_ batch: inout [Element]) -> [Element] {
        var taken: [Element] = []
        swap(&taken, &batch)
        batch.reserveCapacity(taken.count)
        return taken
    }

    private func written(_ number: Int, durably: Bool) {
        guard let index = writing.firstIndex(where: { $0.number == number }) else { return }
        for exchange in writing.remove(at: index).exchanges {
            exchange.handler.recorded(epoch: exchange.epoch, durably: durably)
        }
    }

    // MARK: The end of a turn

    /// Flushes what is on its way to an upstream when this turn of the loop ends.
    func flushAtEndOfTurn(_ connection: UpstreamConnection) {
        sending.append(connection)
        scheduleEndOfTurn()
    }

    /// Flushes what is on its way to a client when this turn of the loop ends.
    func flushAtEndOfTurn(_ handler: ExchangeHandler) {
        answering.append(handler)
        scheduleEndOfTurn()
    }

    /// Decisions and bytes leave when this turn of the loop has read what there was: decisions become one batch, and system
    /// calls that wake other processes follow each other instead of waking them one by one.
    private func scheduleEndOfTurn() {
        guard !endOfTurnIsScheduled else { return }
        endOfTurnIsScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { bound.value.endTurn() }
    }

    private func endTurn() {
        endOfTurnIsScheduled = false
        if !decisions.isEmpty { handOver() }
        // What a flush sets off comes into the next list.
        var connections: [UpstreamConnection] = []
        swap(&connections, &sending)
        for connection in connections { connection.flush() }
        var handlers: [ExchangeHandler] = []
        swap(&handlers, &answering)
        for handler in handlers { handler.flush() }
        connections.removeAll(keepingCapacity: true)
        handlers.removeAll(keepingCapacity: true)
        if sending.isEmpty { swap(&connections, &sending) }
        if answering.isEmpty { swap(&handlers, &answering) }
    }

    // MARK: Counting

    func countTokenCache(hit: Bool) {
        if hit { metrics.tokenCacheHits += 1 } else { metrics.tokenCacheMisses += 1 }
    }

    func observeOverhead(nanoseconds: Int64) { metrics.observeOverhead(nanoseconds: nanoseconds) }
    func observeUpstream(nanoseconds: Int64) { metrics.observeUpstream(nanoseconds: nanoseconds) }

    func snapshot() -> LoopMetrics {
        var snapshot = metrics
        snapshot.openConnections = connections.count
        snapshot.exchangesInFlight = handlers.count { $0.machine.isActive }
        for pool in pools + retiredPools {
            snapshot.pooledIdle += pool.idleCount
            snapshot.pooledInUse += pool.leasedCount
        }
        snapshot.bufferedBytes = bufferedBytes
        snapshot.recordsWaiting = writing.reduce(decisions.count) { $0 + $1.exchanges.count }
        return snapshot
    }

    // MARK: Bodies

    /// Counts bytes of a body against its caller's share.
    /// - Parameter before: bytes of the same body that count for the loop already, not yet for the caller.
    /// - Returns: false when the share is used up; nothing is counted then.
    func holdBody(_ count: Int, before: Int = 0, for holder: BodyHolder) -> Bool {
        let held = bytesByHolder[holder, default: 0] + before + count
        guard held <= bytesPerHolder else { return false }
        bytesByHolder[holder] = held
        bufferedBytes += count
        return true
    }

    func releaseBody(_ count: Int, of holder: BodyHolder?) {
        guard count > 0 else { return }
        bufferedBytes -= count
        guard let holder, let index = bytesByHolder.index(forKey: holder) else { return }
        bytesByHolder.values[index] -= count
        if bytesByHolder.values[index] <= 0 { bytesByHolder.remove(at: index) }
    }

    // MARK: Connections

    /// - Returns: false when there are too many, or the gateway drains.
    func admit(_ channel: any Channel) -> Bool {
        guard !isDraining, connections.count < configuration.limits.connectionsPerLoop else { return false }
        let key = ObjectIdentifier(channel)
        connections[key] = channel
        opening[key] = Int64(clamping: NIODeadline.now().uptimeNanoseconds) + configuration.timeouts.head.nanoseconds
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        channel.closeFuture.whenComplete { _ in bound.value.closed(key) }
        return true
    }

    /// An exchange can take place on the connection: from now on that one sees to its end.
    func opened(_ channel: any Channel) {
        opening[ObjectIdentifier(channel)] = nil
    }

    /// Closes a connection without asking TLS, which would wait for an answer.
    private func abort(_ channel: any Channel) {
        if let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
            tls.close(promise: nil)
        } else {
            channel.close(promise: nil)
        }
    }

    private func closed(_ key: ObjectIdentifier) {
        connections[key] = nil
        opening[key] = nil
        finishIfIdle()
    }

    func add(_ handler: ExchangeHandler) {
        handler.slot = handlers.count
        handlers.append(handler)
    }

    func remove(_ handler: ExchangeHandler) {
        let slot = handler.slot
        guard handlers.indices.contains(slot), handlers[slot] === handler else { return }
        handlers.swapAt(slot, handlers.count - 1)
        handlers.removeLast()
        if slot < handlers.count { handlers[slot].slot = slot }
    }

    // MARK: Drain

    /// Takes no new requests; the future succeeds once every connection is closed.
    func drain() -> EventLoopFuture<Void> {
        isDraining = true
        for handler in handlers { handler.drain() }
        for channel in opening.keys.compactMap({ connections[$0] }) { abort(channel) }
        // HTTP/2 connections say GOAWAY and close behind their last stream.
        for channel in connections.values {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        let promise = eventLoop.makePromise(of: Void.self)
        whenIdle.append(promise)
        finishIfIdle()
        return promise.futureResult
    }

    /// Ends what is still under way.
    func cutEverything() {
        for handler in handlers { handler.endForDrain() }
        // Whoever does not answer the end of TLS is not waited for.
        for channel in connections.values { abort(channel) }
    }

    /// Hands the last completions to the writer.
    func flushCompletions() {
        if !completions.isEmpty { records.write(decisions: [], completions: take(&completions)) { _ in } }
    }

    private func finishIfIdle() {
        guard isDraining, connections.isEmpty else { return }
        for promise in whenIdle { promise.succeed() }
        whenIdle = []
    }

    // MARK: Time

    private func tick() {
        let now = Int64(clamping: NIODeadline.now().uptimeNanoseconds)
        let milliseconds = clock.milliseconds
        // A copy: handlers leave the list when they close.
        for handler in Array(handlers) { handler.tick(now: now, milliseconds: milliseconds) }
        if !opening.isEmpty {
            for (key, deadline) in opening where deadline <= now {
                if let channel = connections[key] { abort(channel) }
            }
        }
        for pool in pools { pool.tick(now: now) }
        for pool in retiredPools { pool.tick(now: now) }
        retiredPools.removeAll(where: \.isEmpty)
        if !completions.isEmpty, decisions.isEmpty { flushCompletions() }
    }
}
