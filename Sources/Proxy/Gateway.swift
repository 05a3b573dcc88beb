import GrantModel
import Identity
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Records

/// The data path: accepts connections, decides every request against the live table, forwards what is allowed.
package final class Gateway: Sendable {
    private struct State {
        var listeners: [ListenerBinding.Bound] = []
        var tls: [ListenerTLS] = []
        var publishes = 0
        var table: ScopeTable?
        var credentials: Credentials
        var drain: Task<Void, Never>?
    }

    private let configuration: GatewayConfiguration
    private let verifier: TokenVerifier
    private let shared: GatewayShared
    private let group: MultiThreadedEventLoopGroup
    private let loops: [NIOLoopBound<LoopState>]
    private let state: NIOLockedValueBox<State>
    private let publishing = PublishOrder()

    /// Starts the event loops; no socket is opened yet.
    /// - Parameters:
    ///   - wallClock: the time of day; nil for the system's, kept from running backwards.
    ///   - effectiveTime: what keeps it so, shared with whoever else decides at it.
    package init(
        configuration: GatewayConfiguration, verifier: TokenVerifier, records: RecordStore, logger: Logger,
        wallClock: (@Sendable () -> Instant)? = nil, effectiveTime: EffectiveTime = EffectiveTime()
    ) throws {
        self.configuration = configuration
        self.verifier = verifier
        state = NIOLockedValueBox(
            State(credentials: Credentials(configuration.credentials, origins: configuration.credentialOrigins)))
        let shared = GatewayShared(logger: logger, placeholderSecret: configuration.placeholderSecret)
        self.shared = shared
        let upstreamTLS = try UpstreamTLS.context(authorities: configuration.upstreamAuthorities)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, configuration.eventLoops))
        self.group = group
        loops = try group.makeIterator().map { eventLoop in
            try eventLoop.submit {
                let loop = LoopState(
                    eventLoop: eventLoop, configuration: configuration, verifier: verifier, records: records,
                    shared: shared, clock: WallClock(override: wallClock, effective: effectiveTime),
                    upstreamTLS: upstreamTLS
                )
                loop.start()
                return NIOLoopBound(loop, eventLoop: eventLoop)
            }.wait()
        }
    }

    /// Binds every listener and serves until `drain`, or until the task is cancelled, which drains.
    /// - Throws: `ListenerFault` when a listener cannot be bound; nothing is served then.
    package func run() async throws {
        do {
            try await start()
        } catch {
            await drain()
            throw error
        }
        await withTaskCancellationHandler {
            for listener in state.withLockedValue({ $0.listeners }) {
                try? await listener.channel.closeFuture.get()
            }
        } onCancel: {
            Task { await self.drain() }
        }
        await drain()
    }

    /// Binds every listener. Connections are served from then on.
    /// - Throws: `ListenerFault`.
    package func start() async throws {
        let binding = ListenerBinding(
            group: group,
            loops: Dictionary(
                uniqueKeysWithValues: zip(group.makeIterator(), loops).map { (ObjectIdentifier($0), $1) }
            )
        )
        for listener in configuration.listeners {
            let tls = try listener.tls.map { files throws(ListenerFault) in
                try ListenerTLS(files, authorities: verifier.certificateAuthorities)
            }
            let bound = try await binding.bind(listener.endpoint, tls: tls)
            state.withLockedValue {
                $0.listeners.append(bound)
                if let tls { $0.tls.append(tls) }
            }
            askForCertificates()
        }
    }

    /// Has listeners ask clients for the certificates that the live issuers accept.
    private func askForCertificates() {
        let authorities = verifier.certificateAuthorities
        for tls in state.withLockedValue({ $0.tls }) {
            do throws(ListenerFault) {
                try tls.ask(for: authorities)
            } catch {
                shared.logger.error("a listener cannot ask for client certificates: \(error)")
            }
        }
    }

    /// Where the listeners are bound, in the configuration's order; empty before `start`.
    package var boundAddresses: [SocketAddress] {
        state.withLockedValue {
            $0.listeners.compactMap { listener in
                // A socket was bound under another name and moved to its own.
                listener.socketFile.flatMap { try? SocketAddress(unixDomainSocketPath: $0.path) }
                    ?? listener.channel.localAddress
            }
        }
    }

    /// Swaps the live table; returns once every event loop decides by it. Exchanges in flight are decided again.
    ///
    /// The verifier learns the table's issuers first. Calls are carried out one after the other, in order.
    package func publish(_ table: ScopeTable) async {
        let (sequence, credentials) = state.withLockedValue { state in
            state.publishes += 1
            state.table = table
            return (state.publishes, state.credentials)
        }
        let live = LiveTable(table, credentials: credentials, sequence: sequence)
        await publishing.perform { [self, verifier, loops] in
            verifier.update(issuers: table.issuers)
            askForCertificates()
            await withTaskGroup(of: Void.self) { group in
                for loop in loops {
                    group.addTask { try? await loop.eventLoop.submit { loop.value.adopt(live) }.get() }
                }
            }
        }
    }

    /// The remote was reached at this moment and agrees with the live table. Never moves back.
    package func confirm(at instant: Instant) {
        shared.confirm(at: instant)
    }

    /// Sends these secrets upstream from now on, to where `origins` lets each go; returns once every event loop does.
    /// - Parameter origins: as in `GatewayConfiguration.credentialOrigins`.
    package func replace(
        credentials: [ByteString: Secret], origins: [ByteString: [Service.Upstream]]
    ) async {
        let table = state.withLockedValue { state in
            state.credentials = Credentials(credentials, origins: origins)
            return state.table
        }
        if let table { await publish(table) }
    }

    /// Reads certificates and keys again; connections accepted from then on use them.
    /// - Throws: the first `ListenerFault`; a listener whose files are bad keeps what it has.
    package func reloadTLS() throws {
        var fault: ListenerFault?
        for tls in state.withLockedValue({ $0.tls }) {
            do throws(ListenerFault) {
                try tls.reload()
            } catch {
                fault = fault ?? error
            }
        }
        if let fault { throw fault }
    }

    /// What all event loops counted.
    package func metrics() async -> LoopMetrics {
        var sum = LoopMetrics()
        for loop in loops {
            if let metrics = try? await loop.eventLoop.submit({ loop.value.snapshot() }).get() { sum.add(metrics) }
        }
        return sum
    }

    /// Stops accepting, tells clients to go, waits for exchanges in flight up to `configuration.drain`, then cuts what
    /// is left. Every completion has been handed to the record store when it returns. May be called repeatedly.
    package func drain() async {
        let task = state.withLockedValue { state in
            if let task = state.drain { return task }
            let task = Task { await self.performDrain() }
            state.drain = task
            return task
        }
        await task.value
    }

    private func performDrain() async {
        let listeners = state.withLockedValue { $0.listeners }
        for listener in listeners {
            try? await listener.channel.close().get()
            listener.socketFile?.remove()
        }
        let loops = loops
        let limit = Duration.seconds(configuration.drain.seconds)
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await withTaskGroup(of: Void.self) { drains in
                    for loop in loops {
                        drains.addTask {
                            try? await loop.eventLoop.flatSubmit { loop.value.drain() }.get()
                        }
                    }
                }
                return true
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            if await group.next() == false {
                for loop in loops { loop.eventLoop.execute { loop.value.cutEverything() } }
                _ = await group.next()
            }
            group.cancelAll()
        }
        for loop in loops {
            try? await loop.eventLoop.submit {
                loop.value.flushCompletions()
                loop.value.stop()
            }.get()
        }
        try? await group.shutdownGracefully()
    }
}

/// One publish after the other, in the order they were asked for.
private actor PublishOrder {
    private var last: Task<Void, Never>?

    func perform(_ publish: @escaping @Sendable () async -> Void) async {
        let before = last
        let task = Task {
            await before?.value
            await publish()
        }
        last = task
        await task.value
    }
}
