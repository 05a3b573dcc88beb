import Foundation
import GrantModel
import Identity
import Logging
import Proxy
import Reconciler
import Records
import ServiceLifecycle
import Synchronization
import UnixSignals

/// A gateway with everything it consists of, wired together.
struct Serving: Sendable {
    private let path: String
    private let readyFile: String?
    private let logger = Logger(label: "grantctl")
    private let file: GatewayFile
    private let records: RecordStore
    private let gateway: Gateway
    private let reconciler: Reconciler
    private let isLive: LiveFlag
    private let webhookSecret: WebhookSecret

    /// Opens the records and reads secrets; nothing listens yet.
    init(_ file: GatewayFile, path: String, readyFile: String?) throws {
        self.file = file
        self.path = path
        self.readyFile = readyFile
        try FileManager.default.createDirectory(
            atPath: file.state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        records = try RecordStore(
            path: file.state + "/" + StateOptions.recordsName, durability: file.durability,
            logger: Logger(label: "records"))
        let verifier = TokenVerifier(
            logger: Logger(label: "identity"),
            own: file.exchange.map {
                TokenIssuer($0, directory: file.state, now: .clock, logger: Logger(label: "exchange"))
            })
        let time = EffectiveTime()
        let gateway = try Gateway(
            configuration: try file.gatewayConfiguration(), verifier: verifier, records: records,
            logger: Logger(label: "proxy"), effectiveTime: time)
        self.gateway = gateway
        let isLive = LiveFlag()
        self.isLive = isLive
        webhookSecret = WebhookSecret(try file.grants.webhookSecret?.read())
        let loading = LoadProgress(Logger(label: "reconciler"))
        reconciler = Reconciler(
            configuration: try file.reconcilerConfiguration(), logger: Logger(label: "reconciler"),
            time: time, clock: { .clock },
            publish: { [records, keep = file.keepRecords] table in
                await gateway.publish(table)
                let spans = Dictionary(table.services.map { ($0.name, $0.keepRecords) }) { first, _ in first }
                records.prune(keep: spans, otherwise: keep)
                isLive.set()
                // So that the first call after a start does not wait for its issuer's keys.
                Task { await verifier.prefetch(now: .clock) }
            },
            confirm: { gateway.confirm(at: $0) }, progress: { loading.show($0) })
    }

    func run() async throws {
        let admin = try await AdminServer.start(
            host: file.admin.host, port: file.admin.port, routes: routes, logger: Logger(label: "admin"))
        let services: [any ServiceLifecycle.Service] = [
            // Started first, ended last: the data path drains while health and status still answer.
            AdminService(server: admin),
            GatewayService(gateway: gateway, records: records, ready: announce(admin)),
            ReconcilerService(reconciler: reconciler),
            ReloadService(reload: reload),
        ]
        let group = ServiceGroup(
            configuration: .init(
                services: services.map {
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private var routes: AdminRoutes {
        AdminRoutes(
            ready: { isLive.isSet },
            status: { StatusDocument(reconciler.status).json },
            metrics: {
                let status = reconciler.status
                return MetricsSnapshot(
                    version: Grantctl.version, loops: await gateway.metrics(),
                    live: status.live.map { .init(commit: $0.commit, since: $0.since) }, stale: status.staleFor,
                    clockBehind: status.clockBehind,
                    conditions: status.conditions.map { (type: $0.kind.rawValue, isGood: $0.isGood) },
                    standings: status.standings, nextExpiry: status.nextExpiry, records: records.statistics)
            },
            hasWebhook: { _ in webhookSecret.isSet },
            authenticate: { delivery in
                guard let sender = WebhookSender(rawValue: delivery.kind.rawValue) else { return false }
                let verdict = webhookSecret.authenticator.authenticate(sender, body: delivery.body, now: .clock) {
                    name in
                    delivery.headers.filter { $0.name == name }.map { ByteString($0.value) }
                }
                guard case .refused(let reason) = verdict else { return true }
                logger.warning("webhook refused: \(reason)", metadata: ["sender": "\(sender.rawValue)"])
                return false
            },
            trigger: { reconciler.trigger() })
    }

    /// Says where the gateway listens, once it does and a table is live.
    private func announce(_ admin: AdminServer) -> @Sendable ([String]) async -> Void {
        { [logger, file, readyFile, isLive] (listening: [String]) in
            let addresses = ServeAddresses(listen: listening, admin: hostAndPort(file.admin.host, admin.port))
            logger.info(
                "listening",
                metadata: ["on": "\(addresses.listen.joined(separator: " "))", "admin": "\(addresses.admin)"])
            guard let readyFile else { return }
            await isLive.wait()
            do {
                try JSONEncoder().encode(addresses).write(to: URL(fileURLWithPath: readyFile), options: .atomic)
            } catch {
                logger.error("the ready file `\(readyFile)` cannot be written: \(error)")
            }
        }
    }

    /// Reads certificates and secrets again. What cannot be read keeps its previous value.
    private var reload: @Sendable () async -> Void {
        { [path, logger, gateway, reconciler, webhookSecret] in
            logger.info("reading certificates and secrets again")
            do {
                let fresh = try GatewayFile.read(path)
                webhookSecret.replace(try fresh.grants.webhookSecret?.read())
                let reconciling = try fresh.reconcilerConfiguration()
                reconciler.use(reconciling.credential, mirror: reconciling.mirror?.credential)
                let configuration = try fresh.gatewayConfiguration()
                await gateway.replace(
                    credentials: configuration.credentials, origins: configuration.credentialOrigins)
                try gateway.reloadTLS()
            } catch {
                logger.error("the previous certificates and secrets stay: \(error)")
            }
            reconciler.trigger()
        }
    }
}

extension Instant {
    /// The wall clock now.
    static var clock: Instant { Instant(seconds: Int64(Date().timeIntervalSince1970.rounded(.down))) }
}

/// `host:port`, an IPv6 address in brackets.
func hostAndPort(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
}

/// Set once, when the first table is live.
final class LiveFlag: Sendable {
    private let state = Mutex<(isSet: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    var isSet: Bool { state.withLock { $0.isSet } }

    func set() {
        let waiting = state.withLock { state in
            defer { state = (true, []) }
            return state.waiting
        }
        waiting.forEach { $0.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isSet = state.withLock { state in
                if !state.isSet { state.waiting.append(continuation) }
                return state.isSet
            }
            if isSet { continuation.resume() }
        }
    }
}

/// The secret that webhooks are signed with; replaced when it is read again.
final class WebhookSecret: Sendable {
    private let bytes: Mutex<[UInt8]?>

    init(_ bytes: [UInt8]?) {
        self.bytes = Mutex(bytes)
    }

    var isSet: Bool { bytes.withLock { $0 != nil } }
    var authenticator: WebhookAuthenticator { WebhookAuthenticator(secret: bytes.withLock { $0 } ?? []) }

    func replace(_ fresh: [UInt8]?) {
        bytes.withLock { $0 = fresh }
    }
}
