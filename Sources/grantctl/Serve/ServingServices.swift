import GrantModel
import NIOCore
import Proxy
import Reconciler
import Records
import ServiceLifecycle
import UnixSignals

/// The data path: drains at a graceful shutdown, then closes the records.
struct GatewayService: ServiceLifecycle.Service {
    let gateway: Gateway
    let records: RecordStore
    let ready: @Sendable ([String]) async -> Void

    func run() async throws {
        try await gateway.start()
        await withTaskGroup { group in
            group.addTask { await ready(gateway.boundAddresses.map(text(of:))) }
            await gracefulShutdownOrCancellation()
            group.cancelAll()
        }
        await gateway.drain()
        records.close()
    }
}

struct ReconcilerService: ServiceLifecycle.Service {
    let reconciler: Reconciler

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await reconciler.run()
        }
    }
}

struct AdminService: ServiceLifecycle.Service {
    let server: AdminServer

    func run() async throws {
        await gracefulShutdownOrCancellation()
        await server.close()
    }
}

/// Calls `reload` at each SIGHUP.
struct ReloadService: ServiceLifecycle.Service {
    let reload: @Sendable () async -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                await reload()
            }
        }
    }
}

/// Returns when the group shuts down gracefully or the task is cancelled.
func gracefulShutdownOrCancellation() async {
    try? await gracefulShutdown()
}

/// `host:port`, or the path of a socket.
private func text(of address: SocketAddress) -> String {
    address.pathname ?? hostAndPort(address.ipAddress ?? "", address.port ?? 0)
}
