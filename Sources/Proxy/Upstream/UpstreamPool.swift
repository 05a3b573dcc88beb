import GrantModel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The connections of one event loop to one upstream.
final class UpstreamPool {
    let upstream: Service.Upstream
    private let eventLoop: any EventLoop
    private let configuration: GatewayConfiguration
    private let tls: NIOSSLContext?
    private let host: String
    private let lookup: HostLookup
    private var machine: PoolStateMachine
    private var connections: [PoolStateMachine.ConnectionID: UpstreamConnection] = [:]
    /// When an opening connection is given up, in nanoseconds on the loop's clock.
    private var openingUntil: [PoolStateMachine.ConnectionID: Int64] = [:]
    private var waiters: [PoolStateMachine.WaiterID: ExchangeHandler] = [:]
    private var nextWaiter = 0
    private let idleNanoseconds: Int64

    init(
        upstream: Service.Upstream, eventLoop: any EventLoop, configuration: GatewayConfiguration, tls: NIOSSLContext?
    ) {
        self.upstream = upstream
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.tls = upstream.tls ? tls : nil
        host = upstream.host.text
        lookup = HostLookup(host: host, port: upstream.port, eventLoop: eventLoop)
        machine = PoolStateMachine(
            maximumConnections: configuration.limits.upstreamConnectionsPerLoop,
            maximumWaiters: configuration.limits.waitingPerLoop
        )
        idleNanoseconds = configuration.timeouts.upstreamIdle.nanoseconds
    }

    func serves(_ target: ServiceTarget) -> Bool {
        let other = target.service.upstream
        return upstream.port == other.port && upstream.tls == other.tls && upstream.host == other.host
    }

    var idleCount: Int { machine.idleCount }
    var leasedCount: Int { machine.leasedCount }
    var isEmpty: Bool { machine.isEmpty }

    /// Finds a connection for `exchange` and hands it over with `upstreamReady`, perhaps before this returns. One that has
    /// to wait is given its number for `leave`.
    /// - Parameter fresh: do not use a connection that was kept, and keep none of them.
    func acquire(for exchange: ExchangeHandler, fresh: Bool) {
        nextWaiter += 1
        let waiter = nextWaiter
        let acquired: PoolStateMachine.Acquired
        if fresh {
            let (stale, outcome) = machine.acquireFresh(for: waiter)
            for id in stale { drop(id) }
            acquired = outcome
        } else {
            acquired = machine.acquire(for: waiter)
        }
        switch acquired {
        case .lease(let id):
            guard let connection = connections[id], connection.isOpen else {
                machine.lostLeased()
                return acquire(for: exchange, fresh: false)
            }
            exchange.upstreamReady(connection)
        case .connect(let id):
            waiters[waiter] = exchange
            exchange.waiter = waiter
            open(id)
        case .wait:
            waiters[waiter] = exchange
            exchange.waiter = waiter
        case .refuse:
            exchange.upstreamFailed(.saturated)
        }
    }

    func leave(_ waiter: PoolStateMachine.WaiterID) {
        waiters[waiter] = nil
        machine.leave(waiter)
    }

    // MARK: From connections

    func connected(_ connection: UpstreamConnection) {
        openingUntil[connection.id] = nil
        follow(machine.connected(connection.id, expires: expiry(of: connection)), connection)
    }

    func connectFailed(_ connection: UpstreamConnection) {
        connectFailed(connection.id, .connect)
    }

    func released(_ connection: UpstreamConnection) {
        follow(machine.released(connection.id, expires: expiry(of: connection)), connection)
    }

    func lostIdle(_ connection: UpstreamConnection) {
        connections[connection.id] = nil
        machine.lostIdle(connection.id)
    }

    func lostLeased(_ connection: UpstreamConnection) {
        connections[connection.id] = nil
        machine.lostLeased()
        openForWaiting()
    }

    // MARK: From the loop

    /// Closes what was idle for too long or did not open in time.
    func tick(now: Int64) {
        for id in machine.expire(now: now) { drop(id) }
        for (id, deadline) in openingUntil where deadline <= now {
            connections[id]?.close()
            connectFailed(id, .connectTimeout)
        }
    }

    func close() {
        for id in machine.close() { drop(id) }
    }

    // MARK: Actions

    private func follow(_ freed: PoolStateMachine.Freed, _ connection: UpstreamConnection) {
        switch freed {
        case .lease(_, let waiter):
            guard let exchange = waiters.removeValue(forKey: waiter) else {
                // The machine names only waiters that did not leave, and each once.
                return released(connection)
            }
            exchange.upstreamReady(connection)
        case .park:
            break
        case .close:
            drop(connection.id)
        }
    }

    private func drop(_ id: PoolStateMachine.ConnectionID) {
        connections.removeValue(forKey: id)?.close()
    }

    private func expiry(of connection: UpstreamConnection) -> Int64 {
        let now = Int64(clamping: NIODeadline.now().uptimeNanoseconds)
        guard let seconds = connection.upstreamKeeps else { return now + idleNanoseconds }
        return now + min(idleNanoseconds, max(0, seconds - 1) * 1_000_000_000)
    }

    private func openForWaiting() {
        if let id = machine.openForWaiting() { open(id) }
    }

    private func connectFailed(_ id: PoolStateMachine.ConnectionID, _ failure: UpstreamFailure) {
        guard openingUntil.removeValue(forKey: id) != nil else { return }
        connections[id] = nil
        let waiter = machine.connectFailed(id)
        if let waiter, let exchange = waiters.removeValue(forKey: waiter) { exchange.upstreamFailed(failure) }
        openForWaiting()
    }

    private func open(_ id: PoolStateMachine.ConnectionID) {
        let timeout = configuration.timeouts.connect.nanoseconds
        openingUntil[id] = Int64(clamping: NIODeadline.now().uptimeNanoseconds) + timeout
        let connection = UpstreamConnection(id: id, pool: self, waitsForTLS: tls != nil)
        connections[id] = connection
        let limits = configuration.limits
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let boundConnection = NIOLoopBound(connection, eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(.nanoseconds(timeout))
            .resolver(LookedUpAddresses(lookup.addresses()))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [tls, host] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        // A literal address is verified against the certificate's addresses, and is never sent as SNI.
                        let name = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    var parsing = NIOHTTPDecoderLimitConfiguration()
                    parsing.maxHeaderListSize = limits.headerBytes * 2
                    try pipeline.addHandler(PreparedRequestEncoder())
                    try pipeline.addHandler(
                        ByteToMessageHandler(
                            HTTPResponseDecoder(informationalResponseStrategy: .drop, limitConfiguration: parsing)
                        )
                    )
                    try pipeline.addHandler(boundConnection.value)
                }
            }
            .connect(host: host, port: upstream.port)
            .whenFailure { _ in
                // After a connection that became active its own `channelInactive` tells the pool.
                bound.value.connectFailed(id, .connect)
            }
    }
}

extension Duration {
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue + attoseconds / 1_000_000_000
    }
}
